import { cString, shown, type Native } from './native.ts';
import type { SyscallNumbers } from './syscall-numbers.ts';

/** Flags of unshare(2) and setns(2). */
export const namespace = {
  /** No namespace: root, current directory and umask of the calling thread become its own. */
  directories: 0x200,
  mounts: 0x2_0000,
  controlGroups: 0x200_0000,
  hostname: 0x400_0000,
  ipc: 0x800_0000,
  pids: 0x2000_0000,
  network: 0x4000_0000,
} as const;

/** Where the calling thread stands. Other threads of the process stay where they are, with their own view. */
export interface Namespaces {
  unshare(flags: number): void;
  /** `descriptor` is an open file of /proc/<pid>/ns. */
  enter(descriptor: number, kind: number): void;
  /** The current directory becomes the root and everything that was visible goes out of sight, for good. */
  switchRootToHere(): void;
  setHostname(name: string): void;
  changeDirectory(path: string | Uint8Array): void;
  /** Returns the one before. */
  umask(mask: number): number;
  /** Gives the network namespace of the thread a working loopback. */
  raiseLoopback(): void;
}

const detach = 2;

export function openNamespaces(native: Native, numbers: SyscallNumbers): Namespaces {
  const unshare = native.func('int unshare(int)');
  const setns = native.func('int setns(int, int)');
  const pivotRoot = native.raw(numbers.pivotRoot, ['void*', 'void*']);
  const umount = native.func('int umount2(void*, int)');
  const sethostname = native.func('int sethostname(void*, size_t)');
  const chdir = native.func('int chdir(void*)');
  const umask = native.func('uint umask(uint)');
  const here = cString('.');
  return {
    unshare: (flags) => void unshare('', flags),
    enter: (descriptor, kind) => void setns('', descriptor, kind),
    switchRootToHere() {
      // The old root comes to lie over the new one and is taken off: no directory is needed for it (pivot_root(2)).
      pivotRoot('.', here, here);
      umount('.', here, detach);
      chdir('/', cString('/'));
    },
    setHostname(name) {
      const bytes = Buffer.from(name, 'utf8');
      sethostname(name, bytes, bytes.length);
    },
    changeDirectory: (path) => void chdir(shown(path), cString(path)),
    umask: (mask) => umask('', mask),
    raiseLoopback: loopback(native),
  };
}

const inet = 2;
const datagram = 2;
const setInterfaceFlags = 0x8914;
/** IFF_UP and IFF_RUNNING. */
const up = 0x41;

function loopback(native: Native): () => void {
  const socket = native.func('int socket(int, int, int)');
  const ioctl = native.func('int ioctl(int, ulong, void*)');
  const close = native.func('int close(int)');
  return () => {
    const descriptor = socket('', inet, datagram, 0);
    // struct ifreq: 16 bytes of name, then the flags.
    const request = Buffer.alloc(40);
    request.write('lo');
    request.writeUInt16LE(up, 16);
    try {
      ioctl('lo', descriptor, setInterfaceFlags, request);
    } finally {
      close('', descriptor);
    }
  };
}
