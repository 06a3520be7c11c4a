import { placeOf, type BuildEvent } from '../../core/index.ts';
import { folds, type Folding } from './folding.ts';
import { lineCutter, type LineCutter } from './lines.ts';
import type { Renderer } from './reporter.ts';
import { bytesText, timeText } from './units.ts';

type Step = Extract<BuildEvent, { type: 'step' }>;

interface Shown {
  readonly number: number;
  readonly title: string;
  readonly begun: number;
  readonly cutters: ReadonlyMap<'stdout' | 'stderr', LineCutter>;
}

export interface PlainOptions {
  readonly now?: () => number;
  /** What a step prints can be folded away. */
  readonly folding?: Folding;
}

/** Lines that stay, with a number for each step: for logs and CI. */
export function plainRenderer(
  write: (text: string) => void,
  { now = () => performance.now(), folding }: PlainOptions = {},
): Renderer {
  const steps = new Map<string, Shown>();
  const tasks = new Map<string, number>();
  const fold = folding && folds(write, folding);
  const shownFor = (id: string, title: string): Shown => {
    const known = steps.get(id);
    if (known) return known;
    const cutters = new Map([
      ['stdout', lineCutter()],
      ['stderr', lineCutter()],
    ] as const);
    const fresh = { number: steps.size + 1, title, begun: now(), cutters };
    steps.set(id, fresh);
    return fresh;
  };
  const harmless = (text: string): string => folding?.harmless(text) ?? text;
  const line = ({ number }: Shown, text: string): void => write(`#${number} ${harmless(text)}\n`);
  const output = (shown: Shown, lines: readonly string[]): void => {
    if (lines.length > 0) fold?.into(shown.number, shown.title);
    const seconds = ((now() - shown.begun) / 1000).toFixed(2);
    for (const text of lines) line(shown, `${seconds} ${text}`);
  };
  const step = (event: Step): void => {
    const isNew = !steps.has(event.step);
    const shown = shownFor(event.step, event.title);
    // What is folded has the title as its head.
    if (event.state === 'begin') fold?.into(shown.number, event.title);
    else fold?.outOfOthers(shown.number);
    if (isNew && !(fold && event.state === 'begin')) line(shown, event.title);
    for (const cutter of shown.cutters.values()) output(shown, cutter.rest());
    const ending = endingText(event);
    if (ending === undefined) return;
    // A failure is not folded away.
    if (event.state === 'failed') fold?.out();
    line(shown, ending);
    fold?.out();
  };
  const other = (text: string): void => {
    fold?.out();
    write(`${harmless(text)}\n`);
  };
  return {
    report(event) {
      if (event.type === 'step') step(event);
      else if (event.type === 'output') {
        const shown = shownFor(event.step, event.step);
        output(shown, shown.cutters.get(event.stream)!.push(event.chunk));
      } else if (event.type === 'progress') {
        const begun = tasks.get(event.task) ?? now();
        tasks.set(event.task, begun);
        if (event.ended) other(`${event.title} ${amount(event)} in ${timeText(now() - begun)}`);
      } else {
        const text = plainText(event);
        if (text !== undefined) other(text);
      }
    },
    close: () => fold?.out(),
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
