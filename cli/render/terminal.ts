import type { BuildEvent } from '../../core/index.ts';
import type { Screen } from '../screen.ts';
import { lineCutter, type LineCutter } from './lines.ts';
import { plainText } from './plain.ts';
import type { Renderer } from './reporter.ts';
import type { Style } from './style.ts';
import { bytesText, timeText } from './units.ts';

type Step = Extract<BuildEvent, { type: 'step' }>;
type Progress = Extract<BuildEvent, { type: 'progress' }>;

interface RunningStep {
  readonly title: string;
  readonly begun: number;
  readonly cutter: LineCutter;
  tail: string;
}

/** Milliseconds between two drawings. */
const interval = 80;
const barWidth = 16;

/** What is done scrolls away above; below it a line for everything that goes on, drawn anew a few times a second. */
export function terminalRenderer(screen: Screen, style: Style, now: () => number = () => performance.now()): Renderer {
  const running = new Map<string, RunningStep>();
  const tasks = new Map<string, Progress>();
  let scrolled: string[] = [];
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const live = (): string[] => {
    const lines = [
      ...[...running.values()].map((step) => stepLine(step, now(), screen.columns() - 1, style)),
      ...[...tasks.values()].map((task) => taskLine(task, style)),
    ];
    const room = Math.max(1, screen.rows() - 2);
    return lines.length <= room
      ? lines
      : [...lines.slice(0, room - 1), style.dim(`… and ${lines.length - room + 1} more`)];
  };
  const draw = (): void => {
    const lines = live();
    const width = screen.columns() - 1;
    const up = drawn === 0 ? '' : `\u001b[${drawn}A`;
    const above = scrolled.map((line) => `${line}\n`).join('');
    // Lines that would wrap are cut by the terminal itself: it knows how wide characters are.
    const below =
      lines.length === 0 ? '' : `\u001b[?7l${lines.map((line) => `${clip(line, width)}\n`).join('')}\u001b[?7h`;
    if (up !== '' || above !== '' || below !== '') screen.err(`${up}\r\u001b[J${above}${below}`);
    scrolled = [];
    drawn = lines.length;
  };
  const soon = (): void => {
    if (timer !== undefined) return;
    timer = setInterval(() => (running.size + tasks.size + scrolled.length > 0 ? draw() : rest()), interval);
    timer.unref();
  };
  const rest = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    report(event) {
      if (event.type === 'step') scrolled.push(...stepChanged(event, running, now(), style));
      else if (event.type === 'output') outputCame(event, running);
      else if (event.type === 'progress') {
        if (event.ended) tasks.delete(event.task);
        else tasks.set(event.task, event);
      } else {
        const text = plainText(event);
        if (text !== undefined) scrolled.push(event.type === 'notice' ? style.yellow(text) : style.dim(text));
      }
      soon();
    },
    close() {
      rest();
      running.clear();
      tasks.clear();
      draw();
    },
  };
}

/** Keeps the list of what runs; gives the lines that are settled by it. */
function stepChanged(event: Step, running: Map<string, RunningStep>, now: number, style: Style): string[] {
  if (event.state === 'begin') {
    running.set(event.step, { title: event.title, begun: now, cutter: lineCutter(), tail: '' });
    return [];
  }
  running.delete(event.step);
  const time = event.ms === undefined ? '' : style.dim(` ${timeText(event.ms)}`);
  if (event.state === 'failed') return [`${style.red('✗')} ${event.title}${time}`];
  if (event.state === 'end') return [`${style.green('✓')} ${event.title}${time}`];
  const how = event.state === 'skipped' ? 'skipped' : `cached${event.from === undefined ? '' : ` (${event.from})`}`;
  return [`${style.dim('·')} ${event.title} ${style.dim(how)}`];
}

function outputCame(event: Extract<BuildEvent, { type: 'output' }>, running: Map<string, RunningStep>): void {
  const step = running.get(event.step);
  if (!step) return;
  const last = step.cutter.push(event.chunk).findLast((line) => line.trim() !== '');
  step.tail = step.cutter.current().trim() || last || step.tail;
}

/** Title, time and the end of the output; the output gets at least a third of a line that is too short for all. */
function stepLine({ title, begun, tail }: RunningStep, now: number, width: number, style: Style): string {
  const time = timeText(now - begun);
  const spare = Math.min(tail.length, Math.floor(width / 3));
  const room = Math.max(10, width - time.length - spare - 5);
  const head = title.length <= room ? title : `${title.slice(0, room - 1)}…`;
  return `${style.cyan('▸')} ${head} ${style.dim(time)}${tail === '' ? '' : `  ${style.dim(tail)}`}`;
}

function taskLine({ title, done, total, unit }: Progress, style: Style): string {
  const amount = (count: number): string => (unit === 'bytes' ? bytesText(count) : String(count));
  if (total === undefined || total === 0) return `  ${title} ${style.dim(amount(done))}`;
  const share = Math.min(1, done / total);
  const full = Math.round(share * barWidth);
  const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  return `  ${style.cyan(bar)} ${title} ${style.dim(`${amount(done)} of ${amount(total)}`)}`;
}

/** Cuts the visible part at `width`, colour codes apart. */
function clip(line: string, width: number): string {
  let seen = 0;
  let kept = '';
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b[')) kept += part;
    else if (seen < width) {
      const text = part.slice(0, width - seen);
      seen += text.length;
      kept += text;
    }
  }
  return kept;
}
