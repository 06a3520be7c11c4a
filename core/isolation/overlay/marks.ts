import type { BigIntStats } from 'node:fs';
import type { FileCalls } from '../../sys/sys.ts';

type FsPath = string | Buffer;

/** Who may set the attributes in which overlayfs keeps its books: `trusted` asks for root of the machine itself. */
export type Bookkeeping = 'trusted' | 'user';

/** How overlayfs writes deletions (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories"). */
export function overlayMarks({ nodes, xattrs }: FileCalls, bookkeeping: Bookkeeping) {
  const opaque = `${bookkeeping}.overlay.opaque`;
  return {
    whiteout: (path: FsPath): void => nodes.device(path, 'char', 0, 0, 0),
    makeOpaque: (directory: FsPath): void => xattrs.set(directory, opaque, Buffer.from('y')),
    clearOpaque: (directory: FsPath): void => xattrs.remove(directory, opaque),
    isWhiteout: (stats: BigIntStats): boolean => stats.rdev === 0n && stats.isCharacterDevice(),
    isOpaque: (directory: FsPath): boolean => xattrs.get(directory, opaque)?.toString('latin1') === 'y',
    isOwn: (attribute: string): boolean => /^(?:trusted|user)\.overlay\./.test(attribute),
  };
}
