import type { Native } from './native.ts';
import { codeOf } from './sys-error.ts';
import type { SyscallNumbers } from './syscall-numbers.ts';

/**
 * Who the calling thread is. The kernel keeps this for each thread; the C library's functions would change all of them,
 * hence the raw calls.
 */
export interface Credentials {
  /** What a program started from here can ever have. For good: the thread's own rights stay, those of programs end. */
  limitPrograms(capabilities: ReadonlySet<number>): void;
  /** Real and effective ids and groups, as a program started now gets them. `undefined` groups: as they are. */
  become(uid: number, gid: number, groups: readonly number[] | undefined): void;
  /** Undoes `become`. */
  becomeRoot(groups: readonly number[] | undefined): void;
}

const dropFromBounding = 24;
const readBounding = 23;
const ambient = 47;
const clearAmbient = 4;

export function openCredentials(native: Native, numbers: SyscallNumbers): Credentials {
  const prctl = native.func('int prctl(int, ulong, ulong, ulong, ulong)');
  const setresuid = native.raw(numbers.setresuid, ['long', 'long', 'long']);
  const setresgid = native.raw(numbers.setresgid, ['long', 'long', 'long']);
  const setgroups = native.raw(numbers.setgroups, ['long', 'void*']);
  const clearInheritable = inheritableClearer(native, numbers);
  const setGroups = (groups: readonly number[] | undefined): void => {
    if (groups) setgroups(groups.join(), groups.length, new Uint8Array(Uint32Array.from(groups).buffer));
  };
  return {
    limitPrograms(capabilities) {
      for (let number = 0; isCapability(number); number++)
        if (!capabilities.has(number)) prctl(`capability ${number}`, dropFromBounding, number, 0, 0, 0);
      ignoring('EINVAL', () => prctl('ambient capabilities', ambient, clearAmbient, 0, 0, 0));
      clearInheritable();
    },
    become(uid, gid, groups) {
      setGroups(groups);
      setresgid(`group ${gid}`, gid, gid, 0);
      // The saved id stays root's, and so do the rights to come back; a program started now does not get it.
      setresuid(`user ${uid}`, uid, uid, 0);
    },
    becomeRoot(groups) {
      setresuid('root', 0, 0, 0);
      setresgid('root', 0, 0, 0);
      setGroups(groups);
    },
  };

  function isCapability(number: number): boolean {
    try {
      prctl('', readBounding, number, 0, 0, 0);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EINVAL') return false;
      throw error;
    }
  }
}

function ignoring(code: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    if (codeOf(error) !== code) throw error;
  }
}

/** _LINUX_CAPABILITY_VERSION_3 */
const version = 0x2008_0522;

function inheritableClearer(native: Native, numbers: SyscallNumbers): () => void {
  const capset = native.raw(numbers.capset, ['void*', 'void*']);
  const capget = native.func('int capget(void*, void*)');
  return () => {
    const header = new Uint8Array(Uint32Array.of(version, 0).buffer);
    // Two times effective, permitted, inheritable: the low and the high 32 capabilities.
    const sets = new Uint32Array(6);
    const bytes = new Uint8Array(sets.buffer);
    capget('', header, bytes);
    sets[2] = 0;
    sets[5] = 0;
    capset('', header, bytes);
  };
}
