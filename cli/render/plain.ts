import { placeOf, type BuildEvent } from '../../core/index.ts';
import { lineCutter, type LineCutter } from './lines.ts';
import type { Renderer } from './reporter.ts';
import { bytesText, timeText } from './units.ts';

type Step = Extract<BuildEvent, { type: 'step' }>;

interface Shown {
  readonly number: number;
  readonly begun: number;
  readonly cutters: ReadonlyMap<'stdout' | 'stderr', LineCutter>;
}

/** Lines that stay, with a number for each step: for logs and CI. */
export function plainRenderer(write: (text: string) => void, now: () => number = () => performance.now()): Renderer {
  const steps = new Map<string, Shown>();
  const tasks = new Map<string, number>();
  const shownFor = (id: string): Shown => {
    const known = steps.get(id);
    if (known) return known;
    const cutters = new Map([
      ['stdout', lineCutter()],
      ['stderr', lineCutter()],
    ] as const);
    const fresh = { number: steps.size + 1, begun: now(), cutters };
    steps.set(id, fresh);
    return fresh;
  };
  const line = ({ number }: Shown, text: string): void => write(`#${number} ${text}\n`);
  const output = (shown: Shown, lines: readonly string[]): void => {
    const seconds = ((now() - shown.begun) / 1000).toFixed(2);
    for (const text of lines) line(shown, `${seconds} ${text}`);
  };
  const step = (event: Step): void => {
    const known = steps.has(event.step);
    const shown = shownFor(event.step);
    if (!known) line(shown, event.title);
    for (const cutter of shown.cutters.values()) output(shown, cutter.rest());
    const ending = endingText(event);
    if (ending !== undefined) line(shown, ending);
  };
  return {
    report(event) {
      if (event.type === 'step') step(event);
      else if (event.type === 'output') {
        const shown = shownFor(event.step);
        output(shown, shown.cutters.get(event.stream)!.push(event.chunk));
      } else if (event.type === 'progress') {
        const begun = tasks.get(event.task) ?? now();
        tasks.set(event.task, begun);
        if (event.ended) write(`${event.title} ${amount(event)} in ${timeText(now() - begun)}\n`);
      } else {
        const text = plainText(event);
        if (text !== undefined) write(`${text}\n`);
      }
    },
    close() {},
  };
}

function endingText({ state, ms, from, key }: Step): string | undefined {
  if (state === 'cached')
    return `cached${from === undefined ? '' : ` (${from}${key === 'content' ? ', same content' : ''})`}`;
  if (state === 'end') return `done${ms === undefined ? '' : ` ${timeText(ms)}`}`;
  if (state === 'failed') return `failed${ms === undefined ? '' : ` after ${timeText(ms)}`}`;
  return state === 'skipped' ? 'skipped' : undefined;
}

const amount = ({ done, unit }: Extract<BuildEvent, { type: 'progress' }>): string =>
  unit === 'bytes' ? bytesText(done) : `${done} files`;

/** Events that are one line in every kind of output. */
export function plainText(event: BuildEvent): string | undefined {
  if (event.type === 'notice') {
    const place = event.at ? `${placeOf(event.at)}: ` : '';
    const hint = event.hint === undefined ? '' : `\n  ${event.hint}`;
    return `${event.level} ${event.code}: ${place}${event.message}${hint}`;
  }
  if (event.type === 'isolation') return `isolation: ${event.why}`;
  return undefined;
}
