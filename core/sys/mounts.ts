import { closeSync } from 'node:fs';
import { cString, shown, type Native } from './native.ts';
import { newCalls } from './syscall-numbers.ts';
import { codeOf } from './sys-error.ts';

type Path = string | Uint8Array;

/** Flags of mount(2). */
export const mountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDevices: 4,
  noExec: 8,
  remount: 32,
  bind: 4096,
  move: 8192,
  recursive: 16_384,
  private: 1 << 18,
} as const;

export interface NewMount {
  readonly type: string;
  readonly source?: string;
  readonly target: Path;
  readonly flags?: number;
  /** As mount(8) takes them after `-o`. */
  readonly data?: string;
}

/** One option of a file system; several of one name are added up by the file system itself. */
export type MountOption = readonly [name: string, value?: string | Uint8Array];

export interface Mounts {
  mount(mount: NewMount): void;
  bind(source: Path, target: Path, options?: { readonly recursive?: boolean }): void;
  /** Adds the first four of the flags above to a mount and, where Linux is 5.12 or newer, to all mounts below it. */
  restrict(target: Path, flags: number): void;
  move(source: Path, target: Path): void;
  /** At once for everybody who looks; the rest when the last user lets go. */
  detach(target: Path): void;
  unmount(target: Path): void;
  /** A mount whose options are handed over one by one: no page of 4 KiB bounds them (Linux 5.2). */
  mountWithOptions(type: string, options: readonly MountOption[], target: Path, attributes: number): void;
}

const detachFlag = 2;
const noFollowFlag = 8;
const here = -100;

export function openMounts(native: Native): Mounts {
  const mount = native.func('int mount(void*, void*, void*, ulong, void*)');
  const umount = native.func('int umount2(void*, int)');
  const setattr = native.raw(newCalls.mountSetattr, ['long', 'void*', 'long', 'void*', 'long']);
  const nothing = cString('none');
  return {
    mount: ({ type, source = type, target, flags = 0, data }) =>
      void mount(
        `${type} at ${shown(target)}`,
        cString(source),
        cString(target),
        cString(type),
        flags,
        data === undefined ? null : cString(data),
      ),
    bind: (source, target, { recursive = false } = {}) =>
      void mount(
        `${shown(source)} at ${shown(target)}`,
        cString(source),
        cString(target),
        null,
        mountFlag.bind | (recursive ? mountFlag.recursive : 0),
        null,
      ),
    restrict(target, flags) {
      // struct mount_attr: attr_set, attr_clr, propagation, userns_fd; MOUNT_ATTR_* have the numbers of MS_* here.
      const attributes = new BigUint64Array([BigInt(flags), 0n, 0n, 0n]);
      try {
        setattr(shown(target), here, cString(target), recursiveFlag, new Uint8Array(attributes.buffer), 32);
      } catch (error) {
        if (codeOf(error) !== 'ENOSYS') throw error;
        mount(shown(target), nothing, cString(target), null, mountFlag.bind | mountFlag.remount | flags, null);
      }
    },
    move: (source, target) =>
      void mount(`${shown(source)} to ${shown(target)}`, cString(source), cString(target), null, mountFlag.move, null),
    detach: (target) => void umount(shown(target), cString(target), detachFlag),
    unmount: (target) => void umount(shown(target), cString(target), noFollowFlag),
    mountWithOptions: optionMounter(native),
  };
}

const recursiveFlag = 0x8000;
/** fsconfig(2) commands. */
const setFlag = 0;
const setString = 1;
const create = 6;
const closeOnExec = 1;
const emptyPath = 4;

function optionMounter(native: Native): Mounts['mountWithOptions'] {
  const fsopen = native.raw(newCalls.fsopen, ['void*', 'long']);
  const fsconfig = native.raw(newCalls.fsconfig, ['long', 'long', 'void*', 'void*', 'long']);
  const fsmount = native.raw(newCalls.fsmount, ['long', 'long', 'long']);
  const moveMount = native.raw(newCalls.moveMount, ['long', 'void*', 'long', 'void*', 'long']);
  const nowhere = cString('');
  return (type, options, target, attributes) => {
    const context = fsopen(type, cString(type), closeOnExec);
    let mounted: number | undefined;
    try {
      for (const [name, value] of options)
        fsconfig(
          `${type} option ${name}${value === undefined ? '' : `=${shown(value)}`}`,
          context,
          value === undefined ? setFlag : setString,
          cString(name),
          value === undefined ? null : cString(value),
          0,
        );
      fsconfig(type, context, create, null, null, 0);
      mounted = fsmount(type, context, closeOnExec, attributes);
      moveMount(`${type} at ${shown(target)}`, mounted, nowhere, here, cString(target), emptyPath);
    } finally {
      closeSync(context);
      if (mounted !== undefined) closeSync(mounted);
    }
  };
}
