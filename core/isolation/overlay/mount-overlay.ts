import { dirname } from 'node:path';
import { mountFlag, type MountOption } from '../../sys/mounts.ts';
import { codeOf } from '../../sys/sys-error.ts';
import type { Sys } from '../../sys/sys.ts';
import type { Bookkeeping } from './marks.ts';

export interface OverlayParts {
  /** Uppermost first; on one file system with one parent directory at best. */
  readonly lowers: readonly string[];
  readonly upper: string;
  /** On the same file system as `upper`, and empty. */
  readonly work: string;
  readonly target: string | Buffer;
  readonly bookkeeping: Bookkeeping;
}

/**
 * Renames and changes of owner copy whole files and directories into the upper directory, so that it holds all of a
 * change, whatever this kernel's defaults are; `userxattr` implies as much. Nothing waits for the disk: what a crash of
 * the machine takes away is made again. Devices that are in the tree, or get made there, open nothing.
 */
export function mountOverlay({ mounts, namespaces }: Pick<Sys, 'mounts' | 'namespaces'>, parts: OverlayParts): void {
  const options: MountOption[] = [
    ...parts.lowers.map((lower) => ['lowerdir+', lower] as const),
    ['upperdir', parts.upper],
    ['workdir', parts.work],
    ...switches(parts.bookkeeping),
  ];
  try {
    mounts.mountWithOptions('overlay', options, parts.target, mountFlag.noDevices);
  } catch (error) {
    // Linux before 6.7 takes the layers in one option only, before 5.2 all options in one page.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOSYS') throw error;
    const base = dirname(parts.lowers[0]!);
    namespaces.changeDirectory(base);
    mounts.mount({ type: 'overlay', target: parts.target, flags: mountFlag.noDevices, data: onePage(parts, base) });
  }
}

const switches = (bookkeeping: Bookkeeping): readonly MountOption[] =>
  bookkeeping === 'user'
    ? [['volatile'], ['userxattr']]
    : [['volatile'], ['redirect_dir', 'off'], ['metacopy', 'off'], ['index', 'off']];

/** Names below the current directory are short enough for well over a hundred layers. */
function onePage({ lowers, upper, work, bookkeeping }: OverlayParts, base: string): string {
  const short = (path: string): string => escaped(path.startsWith(`${base}/`) ? path.slice(base.length + 1) : path);
  return [
    `lowerdir=${lowers.map(short).join(':')}`,
    `upperdir=${short(upper)}`,
    `workdir=${short(work)}`,
    ...switches(bookkeeping).map(([name, value]) => (value === undefined ? name : `${name}=${String(value)}`)),
  ].join(',');
}

const escaped = (path: string): string => path.replace(/[\\:,]/g, '\\$&');
