import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';

/** New permissions from old; bits above 07777 (the file's type) stay. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

const permissions = 0o7777;
const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const bits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 };
/** Where no class is named, `+w` spares group and others: the umask BuildKit's daemon runs under, whatever ours is. */
const umask = 0o022;

/** `755`, `04755`, `u=rwX,go=rX`, as chmod(1) reads them. */
export function parseChmod(text: string, at?: Span): ModeChange {
  const fail = (reason: string): Error => problem('CHMOD_INVALID', { text, reason }, at ? { at } : {});
  if (/^\d/.test(text)) {
    const value = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (!(value <= permissions)) throw fail('an octal mode lies between 0 and 07777');
    return (mode) => (mode & ~permissions) | value;
  }
  const changes = text.split(',').flatMap((clause) => {
    const read = readClause(clause);
    if (!read) throw fail(clause === '' ? 'a part is empty' : `"${clause}" is not like u=rwX or go-w`);
    return read;
  });
  return (mode, isDirectory) => {
    const searchable = isDirectory || (mode & 0o111) !== 0;
    return changes.reduce((current, change) => change(current, searchable), mode);
  };
}

/** One step; `searchable` says what `X` stands for. */
type Step = (mode: number, searchable: boolean) => number;

function readClause(clause: string): readonly Step[] | undefined {
  const match = /^([ugoa]*)((?:[+=-][rwxXstugo]*)+)$/.exec(clause);
  if (!match) return undefined;
  const who = match[1]!;
  const affected = Array.from(who).reduce((sum, letter) => sum | classes[letter]!, 0);
  return [...match[2]!.matchAll(/([+=-])([rwxXstugo]*)/g)].map(([, operator, letters]) =>
    stepOf(affected, operator!, letters!),
  );
}

function stepOf(affected: number, operator: string, letters: string): Step {
  const named = affected === 0 ? classes['a']! & ~umask : affected;
  // The sticky bit is nobody's: it goes with any class but others alone.
  const reach = letters.includes('t') && affected !== classes['o'] ? named | bits['t']! : named;
  return (mode, searchable) => {
    const value = Array.from(letters).reduce((sum, letter) => sum | valueOf(letter, mode, searchable), 0) & reach;
    if (operator === '+') return mode | value;
    if (operator === '-') return mode & ~value;
    return (mode & ~(affected === 0 ? classes['a']! : affected)) | value;
  };
}

/** The bits a letter means for all classes; `u`, `g` and `o` are what that class has now. */
function valueOf(letter: string, mode: number, searchable: boolean): number {
  if (letter === 'X') return searchable ? bits['x']! : 0;
  const shift = shifts[letter];
  return shift === undefined ? bits[letter]! : ((mode >> shift) & 7) * 0o111;
}
