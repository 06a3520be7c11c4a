import type { Native } from './native.ts';
import { newCalls } from './syscall-numbers.ts';
import { codeOf } from './sys-error.ts';

/** What a process asks of the kernel for itself. */
export interface ProcessControl {
  /** The kernel kills this process when the thread that started it ends. */
  dieWithParent(): void;
  /** Neither memory nor environment can be read by others of the same user, and no core is written. */
  hideMemory(): void;
  /** No program started from now on gets a descriptor it was not handed. */
  keepDescriptors(from: number): void;
  /** Open files a program started from now on may have, unless the machine allows fewer. */
  limitOpenFiles(count: number): void;
  /** A pipe that belongs to who the calling thread is; what Node calls one is a socket, which no path can open again. */
  pipe(): { readonly read: number; readonly write: number };
}

const setDeathSignal = 1;
const setDumpable = 4;
const kill = 9;
const closeOnExec = 4;
const lastDescriptor = 0xffff_ffff;
const openFiles = 7;
const closeOnExecFlag = 0o2000000;

export function openProcessControl(native: Native): ProcessControl {
  const prctl = native.func('int prctl(int, ulong, ulong, ulong, ulong)');
  const closeRange = native.raw(newCalls.closeRange, ['long', 'long', 'long']);
  const fcntl = native.func('int fcntl(int, int, long)');
  const getrlimit = native.func('int getrlimit(int, void*)');
  const pipe2 = native.func('int pipe2(void*, int)');
  const setrlimit = native.func('int setrlimit(int, void*)');
  return {
    dieWithParent: () => void prctl('', setDeathSignal, kill, 0, 0, 0),
    hideMemory: () => void prctl('', setDumpable, 0, 0, 0, 0),
    keepDescriptors(from) {
      try {
        closeRange('', from, lastDescriptor, closeOnExec);
      } catch (error) {
        // Linux before 5.11.
        if (codeOf(error) !== 'ENOSYS' && codeOf(error) !== 'EINVAL') throw error;
        for (let descriptor = from; descriptor < 1024; descriptor++) markClosing(fcntl, descriptor);
      }
    },
    limitOpenFiles(count) {
      const limits = new BigUint64Array(2);
      const bytes = new Uint8Array(limits.buffer);
      getrlimit('', openFiles, bytes);
      if (limits[1]! < BigInt(count)) return;
      limits[0] = BigInt(count);
      setrlimit('', openFiles, bytes);
    },
    pipe() {
      const ends = new Int32Array(2);
      pipe2('', new Uint8Array(ends.buffer), closeOnExecFlag);
      return { read: ends[0]!, write: ends[1]! };
    },
  };
}

function markClosing(fcntl: (what: string, ...args: number[]) => number, descriptor: number): void {
  const setFlags = 2;
  try {
    fcntl('', descriptor, setFlags, 1);
  } catch (error) {
    if (codeOf(error) !== 'EBADF') throw error;
  }
}
