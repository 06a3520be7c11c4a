import { readlinkSync } from 'node:fs';
import type { Bytes } from '../base/brand.ts';
import type { Entry, PackEntry } from '../archive/entry.ts';
import { deviceParts } from '../sys/nodes.ts';
import { readXattrs, type Xattrs } from '../sys/xattrs.ts';
import type { DeletionMarks } from './unpack-marks.ts';
import { wholeSeconds, type UpperNode } from './upper-nodes.ts';

type Put = Exclude<PackEntry, { readonly type: 'whiteout' | 'opaque' | 'hardlink' }>;

export interface EntryReading {
  readonly xattrs: Xattrs;
  readonly marks: DeletionMarks;
  /** `index`: the disk does not know owners; a path that was there keeps those it had. */
  readonly owners: 'disk' | 'index';
}

/** What a layer says of a node; `undefined` for sockets, which no layer has. */
export function entryOf(
  { path, at, stats }: UpperNode,
  lower: Entry | undefined,
  reading: EntryReading,
): Put | undefined {
  const kept = reading.owners === 'index' && lower !== undefined;
  const xattrs = readXattrs(reading.xattrs, at, (name) => entersLayers(name, reading.marks));
  const common = {
    path,
    mode: Number(stats.mode & 0o7777n),
    uid: kept ? lower.uid : Number(stats.uid),
    gid: kept ? lower.gid : Number(stats.gid),
    mtime: wholeSeconds(stats.mtimeNs),
    ...(xattrs && { xattrs }),
  };
  if (stats.isFile()) return { type: 'file', ...common, size: Number(stats.size), content: { from: 'file', path: at } };
  if (stats.isDirectory()) return { type: 'directory', ...common };
  if (stats.isSymbolicLink()) return { type: 'symlink', ...common, target: readlinkSync(at, 'latin1') as Bytes };
  if (stats.isFIFO()) return { type: 'fifo', ...common };
  if (stats.isCharacterDevice()) return { type: 'char', ...common, ...deviceParts(stats.rdev) };
  if (stats.isBlockDevice()) return { type: 'block', ...common, ...deviceParts(stats.rdev) };
  return undefined;
}

/**
 * What a user or a build put there. The rest is the machine's: labels of its security modules, its access lists, the
 * books of its overlay.
 */
const entersLayers = (name: string, marks: DeletionMarks): boolean =>
  name === 'security.capability' || (name.startsWith('user.') && !marks.isOwn(name));

/** Do both say the same, content apart? Times of directories count only where asked: the root's are nobody's. */
export function saysTheSame(now: Put, before: Entry, marks: DeletionMarks, withTime = true): boolean {
  return (
    now.type === before.type &&
    now.mode === before.mode &&
    now.uid === before.uid &&
    now.gid === before.gid &&
    (!withTime || now.mtime === before.mtime) &&
    ownFacts(now) === ownFacts(before) &&
    attributes(now, marks) === attributes(before, marks)
  );
}

function ownFacts(entry: Entry | Put): string {
  if (entry.type === 'file') return String(entry.size);
  if (entry.type === 'symlink') return entry.target;
  return entry.type === 'char' || entry.type === 'block' ? `${entry.major}:${entry.minor}` : '';
}

const attributes = ({ xattrs }: Entry | Put, marks: DeletionMarks): string =>
  xattrs === undefined
    ? ''
    : [...xattrs]
        .filter(([name]) => entersLayers(name, marks))
        .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
        .sort()
        .join('\n');
