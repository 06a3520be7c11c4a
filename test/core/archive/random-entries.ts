import type { Bytes, ImagePath } from '../../../core/base/brand.ts';
import type { Entry } from '../../../core/archive/entry.ts';

export interface Chance {
  below(limit: number): number;
  of<T>(items: readonly T[]): T;
}

/** The same numbers for the same seed (mulberry32), so that a failing case comes again. */
export function chance(seed: number): Chance {
  let state = seed;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, of: (items) => items[below(items.length)]! };
}

const lengths = [1, 2, 8, 50, 98, 99, 100, 101, 120, 154, 155, 156, 255];

function name({ below, of }: Chance, length = of(lengths)): string {
  const bytes = Array.from({ length }, () => of([97 + below(26), 32, 46, 61, 128 + below(128), 1 + below(46)]));
  const text = String.fromCharCode(...bytes).replaceAll('/', '_');
  return /^(?:\.{1,2}|\.wh\..*)$/s.test(text) ? `_${text}` : text;
}

export function randomPath(random: Chance): ImagePath {
  return `/${Array.from({ length: 1 + random.below(4) }, () => name(random)).join('/')}` as ImagePath;
}

const ids = [0, 1, 1000, 65_534, 262_144, 2_097_151, 2_097_152, 4_294_967_295];
const times = [0, 1, 1_700_000_000, 2 ** 31, 2 ** 32 + 7, 8 ** 11 - 1, 8 ** 11, -1, -(2 ** 31)];
const sizes = [0, 1, 511, 512, 513, 8 ** 11 - 1, 8 ** 11, 2 ** 45 + 3];

/** An entry at one of the borders of what formats hold, path and all. */
export function randomEntry(random: Chance): Entry {
  const { below, of } = random;
  const xattrs = new Map(
    Array.from({ length: of([0, 0, 0, 1, 3]) }, () => [
      `user.${name(random, 1 + below(40)).replaceAll('%', '_')}` as Bytes,
      Buffer.from(Array.from({ length: of([0, 1, 20, 300]) }, () => below(256))),
    ]),
  );
  const common = {
    path: randomPath(random),
    mode: of([0, 0o644, 0o755, 0o7777, below(0o10000)]),
    uid: of(ids),
    gid: of(ids),
    mtime: of(times),
    ...(xattrs.size > 0 && { xattrs }),
  };
  switch (of(['file', 'directory', 'symlink', 'hardlink', 'fifo', 'char', 'block'] as const)) {
    case 'file':
      return { ...common, type: 'file', size: of(sizes) };
    case 'directory':
      return { ...common, type: 'directory' };
    case 'symlink':
      return { ...common, type: 'symlink', target: `${of(['', '/', '../'])}${name(random)}` as Bytes };
    case 'hardlink':
      return { ...common, type: 'hardlink', target: randomPath(random) };
    case 'fifo':
      return { ...common, type: 'fifo' };
    case 'char':
      return { ...common, type: 'char', major: below(4096), minor: below(1 << 20) };
    case 'block':
      return { ...common, type: 'block', major: below(4096), minor: below(1 << 20) };
  }
}
