import { constants } from 'node:fs';
import { cString, shown, type Native } from './native.ts';

type Path = string | Uint8Array;

/** Files that are no files: devices and pipes. The mode is as given; the process has no umask. */
export interface Nodes {
  device(path: Path, type: 'char' | 'block', mode: number, major: number, minor: number): void;
  fifo(path: Path, mode: number): void;
  /** Seconds since 1970, of the path itself; the time of the last access stays. */
  setModified(path: Path, seconds: number): void;
}

const currentDirectory = -100;
const noFollow = 0x100;
const leaveAsItIs = 0x3fff_fffen;

export function openNodes(native: Native): Nodes {
  const mknod = native.func('int mknod(void*, uint, ulong)');
  const utimensat = native.func('int utimensat(int, void*, void*, int)');
  const times = new BigInt64Array(4);
  times[1] = leaveAsItIs;
  return {
    device(path, type, mode, major, minor) {
      const kind = type === 'char' ? constants.S_IFCHR : constants.S_IFBLK;
      mknod(shown(path), cString(path), kind | mode, deviceNumber(major, minor));
    },
    fifo: (path, mode) => void mknod(shown(path), cString(path), constants.S_IFIFO | mode, 0),
    setModified(path, seconds) {
      times[2] = BigInt(seconds);
      times[3] = 0n;
      utimensat(shown(path), currentDirectory, cString(path), new Uint8Array(times.buffer), noFollow);
    },
  };
}

/** As the C library packs both halves into 64 bits (gnu_dev_makedev(3)); musl does the same. */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xffff_f000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffff_ff00n) << 12n) | (low & 0xffn);
}

/** The halves again, from what `lstat` says. */
export function deviceParts(number: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((number >> 32n) & 0xffff_f000n) | ((number >> 8n) & 0xfffn)),
    minor: Number(((number >> 12n) & 0xffff_ff00n) | (number & 0xffn)),
  };
}
