import type { Bytes } from '../base/brand.ts';
import { toBuffer } from '../base/bytes.ts';
import { cString, shown, type Native } from './native.ts';
import { codeOf } from './sys-error.ts';

type Path = string | Uint8Array;

/** Extended attributes of the path itself: links are not followed. */
export interface Xattrs {
  /** Empty also where the file system has none. */
  list(path: Path): readonly Bytes[];
  get(path: Path, name: string): Buffer | undefined;
  set(path: Path, name: string, value: Uint8Array): void;
  remove(path: Path, name: string): void;
}

/** The largest value, and the longest list, that Linux hands out (XATTR_SIZE_MAX, XATTR_LIST_MAX). */
const largest = 65_536;

export function openXattrs(native: Native): Xattrs {
  const list = native.func('long llistxattr(void*, void*, size_t)');
  const get = native.func('long lgetxattr(void*, void*, void*, size_t)');
  const set = native.func('int lsetxattr(void*, void*, void*, size_t, int)');
  const remove = native.func('int lremovexattr(void*, void*)');
  const memory = Buffer.allocUnsafeSlow(largest);
  return {
    list(path) {
      try {
        const length = list(shown(path), cString(path), memory, memory.length);
        return length === 0 ? [] : (memory.toString('latin1', 0, length - 1).split('\0') as Bytes[]);
      } catch (error) {
        if (codeOf(error) === 'ENOTSUP') return [];
        throw error;
      }
    },
    get(path, name) {
      try {
        const length = get(shown(path), cString(path), cString(toBuffer(name)), memory, memory.length);
        return Buffer.from(memory.subarray(0, length));
      } catch (error) {
        if (codeOf(error) === 'ENODATA' || codeOf(error) === 'ENOTSUP') return undefined;
        throw error;
      }
    },
    set: (path, name, value) => void set(shown(path), cString(path), cString(toBuffer(name)), value, value.length, 0),
    remove: (path, name) => void remove(shown(path), cString(path), cString(toBuffer(name))),
  };
}

/** All attributes that pass, with their values; `undefined` where there are none. */
export function readXattrs(
  xattrs: Xattrs,
  path: Path,
  passes: (name: string) => boolean,
): ReadonlyMap<Bytes, Uint8Array> | undefined {
  const found = xattrs
    .list(path)
    .filter(passes)
    .sort()
    .flatMap((name) => {
      const value = xattrs.get(path, name);
      return value ? [[name, value] as const] : [];
    });
  return found.length > 0 ? new Map(found) : undefined;
}
