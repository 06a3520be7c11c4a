import { lstatSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { mountFlag } from '../../sys/mounts.ts';
import type { Sys } from '../../sys/sys.ts';
import { tolerating } from './devices.ts';

/** As container runtimes set them (moby, oci/defaults.go): what a step may read and not write. */
const readOnly = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'];
/** What says too much about the machine, or lets it be harmed. */
const maskedInProc = [
  'acpi',
  'asound',
  'interrupts',
  'kcore',
  'keys',
  'latency_stats',
  'sched_debug',
  'scsi',
  'timer_list',
  'timer_stats',
];
const maskedInSys = ['firmware', 'devices/virtual/powercap'];

const { readOnly: ro, noSuid, noDevices, noExec } = mountFlag;
const strict = noSuid | noDevices | noExec;
const cgroup2 = 0x63677270;

/** What masks are made of: an empty directory and a device that reads as empty. */
export interface Masks {
  readonly directory: string;
  readonly file: string;
}

/** Takes the dangerous parts out of a /proc that shows the step's own processes. */
export function restrictProc({ mounts }: Pick<Sys, 'mounts'>, proc: string, masks: Masks): void {
  for (const name of readOnly) {
    const path = join(proc, name);
    if (!isThere(path)) continue;
    mounts.bind(path, path, { recursive: true });
    mounts.restrict(path, ro | strict);
  }
  for (const name of maskedInProc) mask(mounts, join(proc, name), masks);
}

/** A read-only /sys: a fresh one where the network namespace is ours, else the one that is there. */
export function mountSys({ mounts }: Pick<Sys, 'mounts'>, sys: string, masks: Masks): void {
  const isFresh = tolerating(['EPERM', 'EACCES', 'EBUSY'], () =>
    mounts.mount({ type: 'sysfs', target: sys, flags: ro | strict }),
  );
  if (!isFresh) {
    mounts.bind('/sys', sys, { recursive: true });
    mounts.restrict(sys, ro | strict);
  }
  for (const name of maskedInSys) mask(mounts, join(sys, name), masks);
  const groups = join(sys, 'fs/cgroup');
  if (!isThere(groups)) return;
  // Limits can be read, in a namespace that shows nothing of what else runs on the machine.
  const shows =
    isUnified() &&
    tolerating(['EPERM', 'EACCES', 'EBUSY', 'EINVAL'], () =>
      mounts.mount({ type: 'cgroup2', target: groups, flags: ro | strict }),
    );
  if (!shows && !isFresh) mask(mounts, groups, masks);
}

function isUnified(): boolean {
  try {
    return statfsSync('/sys/fs/cgroup').type === cgroup2;
  } catch {
    return false;
  }
}

function mask(mounts: Sys['mounts'], path: string, masks: Masks): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  mounts.bind(stats.isDirectory() ? masks.directory : masks.file, path);
  if (stats.isDirectory()) mounts.restrict(path, ro | strict);
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
