/** How text is set off; on a stream that takes no colour all of it is plain. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const paint =
  (on: boolean, open: number, close: number) =>
  (text: string): string =>
    on && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;

export const styleFor = (on: boolean): Style => ({
  bold: paint(on, 1, 22),
  dim: paint(on, 2, 22),
  red: paint(on, 31, 39),
  green: paint(on, 32, 39),
  yellow: paint(on, 33, 39),
  cyan: paint(on, 36, 39),
});

/** NO_COLOR (https://no-color.org) wins, then FORCE_COLOR, then whether somebody watches. */
export function wantsColour(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return terminal && env['TERM'] !== 'dumb';
}
