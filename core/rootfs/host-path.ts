import type { HostPath, ImagePath } from '../base/brand.ts';
import { fromUtf8, toBuffer } from '../base/bytes.ts';
import { rootPath } from '../base/image-path.ts';

/** What fs takes: text, or the bytes of a name that is no ASCII. */
export type FsPath = string | Buffer;

/** Paths below a directory of the host, as fs takes them. */
export function hostPaths(root: HostPath): (path: ImagePath) => FsPath {
  const base = fromUtf8(root === '/' ? '' : root.replace(/\/+$/, ''));
  return (path) => {
    const bytes = path === rootPath && base !== '' ? base : base + path;
    // Buffers cost a copy a call, and nearly all names are plain.
    return isPlain(bytes) ? bytes : toBuffer(bytes);
  };
}

const isPlain = (bytes: string): boolean => /^[\x00-\x7f]*$/.test(bytes);
