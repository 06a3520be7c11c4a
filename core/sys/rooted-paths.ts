import { constants } from 'node:fs';
import { cString, shown, type Native } from './native.ts';
import { newCalls } from './syscall-numbers.ts';

/** Opens paths inside a directory that is taken for the root: no link, absolute or with `..`, leads out of it. */
export interface RootedPaths {
  /** Returns a descriptor that only names the file (O_PATH); the caller closes it. Linux 5.6. */
  locate(root: string | Uint8Array, path: string | Uint8Array): number;
}

/** open(2), asm-generic/fcntl.h */
const namesOnly = 0o10000000;
const closeOnExec = 0o2000000;
const here = -100;
/** RESOLVE_NO_MAGICLINKS and RESOLVE_IN_ROOT. */
const inRoot = 0x02 | 0x10;

export function openRootedPaths(native: Native): RootedPaths {
  const openat2 = native.raw(newCalls.openat2, ['long', 'void*', 'void*', 'long']);
  const openat = native.func('int openat(int, void*, int, int)');
  const close = native.func('int close(int)');
  // struct open_how: flags, mode, resolve.
  const how = new Uint8Array(new BigUint64Array([BigInt(namesOnly | closeOnExec), 0n, BigInt(inRoot)]).buffer);
  return {
    locate(root, path) {
      const flags = namesOnly | closeOnExec | constants.O_DIRECTORY;
      const directory = openat(shown(root), here, cString(root), flags, 0);
      try {
        return openat2(shown(path), directory, cString(path), how, how.length);
      } finally {
        close('', directory);
      }
    },
  };
}
