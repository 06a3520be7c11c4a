import { inspect } from 'node:util';
import { codeFrame, placeOf, type BuildError } from '../../core/index.ts';
import type { Style } from './style.ts';

export interface ProblemOptions {
  readonly style: Style;
  readonly columns: number;
  /** Stacks too. */
  readonly debug: boolean;
  /** The whole output of the step that failed. */
  readonly log?: string;
}

/** A problem for people: title and code, message, the place in the Dockerfile, causes, what to do. */
export function problemText(error: BuildError, { style, columns, debug, log }: ProblemOptions): string {
  const { where, title, code, hint } = error;
  const subject = where.image === undefined ? '' : `${style.bold(where.image)}   `;
  const bare = `✗ ${where.image === undefined ? '' : `${where.image}   `}${title}`;
  const gap = ' '.repeat(Math.max(3, Math.min(columns, 100) - bare.length - code.length));
  const lines = [`${style.red('✗')} ${subject}${style.bold(title)}${gap}${style.dim(code)}`];
  lines.push(...indented(error.message));
  if (where.at) {
    const step = where.step === undefined ? '' : `   ${where.step}`;
    lines.push('', `  ${style.cyan(placeOf(where.at))}${style.dim(step)}`, ...frameLines(where.at, style));
    const by = where.at.source.rewrittenBy;
    if (by && by.length > 0) lines.push(style.dim(`  as rewritten by ${by.join(', ')}`));
  } else if (where.step !== undefined) lines.push('', `  ${style.cyan(where.step)}`);
  const notes = [
    ...(where.plugin === undefined || saysPlugin(error) ? [] : [note('plugin', where.plugin, style)]),
    ...causes(error).map((cause) => note('cause', cause, style)),
    ...(hint === undefined ? [] : [note('hint', hint, style)]),
    ...(log === undefined ? [] : [note('log', log, style)]),
  ];
  if (notes.length > 0) lines.push('', ...notes);
  if (debug || error.exit === 70) lines.push('', ...stackLines(error).map((line) => style.dim(line)));
  return `${lines.join('\n')}\n`;
}

/** Does the code or the message name the plugin already? */
const saysPlugin = ({ code, message, where }: BuildError): boolean =>
  code.startsWith(`${where.plugin}/`) || message.includes(`"${where.plugin}"`);

const indented = (text: string): string[] => text.split('\n').map((line) => (line === '' ? '' : `  ${line}`));

const note = (kind: string, text: string, style: Style): string =>
  `  ${style.dim(kind.padEnd(6))} ${text.split('\n').join(`\n  ${' '.repeat(6)} `)}`;

const frameLines = (at: NonNullable<BuildError['where']['at']>, style: Style): string[] =>
  codeFrame(at)
    .split('\n')
    .map((line) => `  ${line.startsWith('❯') ? style.bold(line) : style.dim(line)}`);

/** What led to it, one line each; what the message already says is left out. */
function causes(error: BuildError): string[] {
  const found: string[] = [];
  let cause = error.cause;
  while (cause instanceof Error && found.length < 5) {
    if (!error.message.includes(cause.message)) found.push(`${cause.name}: ${cause.message.split('\n')[0]}`);
    cause = cause.cause;
  }
  return found;
}

/** Of the deepest cause, where it happened; frames of generated code tell nothing. */
function stackLines(error: Error): string[] {
  let deepest = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return inspect(deepest, { depth: 0 })
    .split('\n')
    .filter((line) => !/eval at |\/tapable\/|<anonymous>:\d/.test(line))
    .map((line) => `  ${line}`);
}
