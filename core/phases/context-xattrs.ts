import type { XattrsOf } from '../rootfs/host-entries.ts';
import { loadNative } from '../sys/native.ts';
import { openXattrs, readXattrs } from '../sys/xattrs.ts';

/**
 * What reads the extended attributes of a context's files, which BuildKit sends along. `undefined` where the C library
 * cannot be called: attributes are lost there, and nothing else.
 */
export async function openContextXattrs(): Promise<XattrsOf | undefined> {
  try {
    const xattrs = openXattrs(await loadNative());
    return (path) => {
      try {
        return readXattrs(xattrs, path, (name) => name.startsWith('user.') || name === 'security.capability');
      } catch {
        // Gone, or closed to us: whoever reads the file itself says so.
        return undefined;
      }
    };
  } catch {
    return undefined;
  }
}
