import { entry } from './entry.ts';

/** What this machine does not allow or lacks. */
export const machine = {
  ISOLATION_NONE: entry<{ reasons: readonly string[] }>({
    title: 'No isolation works here',
    exit: 1,
    message: ({ reasons }) => ['Steps cannot be carried out on this machine.', ...reasons].join('\n  '),
    hint: () => '`strake doctor` tells what each isolation would need.',
  }),
  ISOLATION_UNKNOWN: entry<{ name: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such isolation',
    exit: 2,
    message: ({ name }) => `"${name}" is no isolation.`,
    hint: ({ known, nearest }) => (nearest ? `Did you mean "${nearest}"?` : `There are: ${known.join(', ')}.`),
  }),
  ISOLATION_UNAVAILABLE: entry<{ name: string; findings: readonly string[]; enable: readonly string[] }>({
    title: 'The isolation asked for does not work here',
    exit: 1,
    message: ({ name, findings }) => [`"${name}" is not available.`, ...findings].join('\n  '),
    hint: ({ enable }) => (enable.length > 0 ? enable.join('\n') : undefined),
  }),
  RUN_NOT_POSSIBLE: entry<{ isolation: string; reasons: readonly string[] }>({
    title: 'RUN is not possible here',
    exit: 1,
    message: ({ isolation, reasons }) => [`The isolation "${isolation}" cannot run commands.`, ...reasons].join('\n  '),
    hint: () => '`strake doctor` tells what each isolation would need. Builds without RUN work as they are.',
  }),
  SYSTEM_CALLS_UNAVAILABLE: entry<{ reason: string }>({
    title: 'The kernel cannot be asked for what Node has no function for',
    exit: 1,
    message: ({ reason }) => `System calls cannot be made: ${reason}.`,
    hint: () => 'The package koffi brings them for Linux on x64 and arm64; reinstall strake with its dependencies.',
  }),
  OWNER_NOT_MAPPED: entry<{ path: string; uid: number; gid: number }>({
    title: 'A file has an owner that this user may not give',
    exit: 1,
    message: ({ path, uid, gid }) =>
      `${path} belongs to ${uid}:${gid}, and the ids of this user do not reach that far.`,
    hint: () => 'Give the user a range of at least 65536 ids in /etc/subuid and /etc/subgid (package uidmap).',
  }),
  MOUNT_POINT_CLASH: entry<{ path: string; there: string; wanted: 'file' | 'directory' }>({
    title: 'Something cannot be mounted where it should',
    exit: 1,
    message: ({ path, there, wanted }) => `${path} has to be a ${wanted}, and ${there} of the image is none.`,
    hint: () => 'Mount to another path, or change what the image has there.',
  }),
  STEP_TREE_UNUSABLE: entry<{ reason: string }>({
    title: 'The file tree of a step could not be set up',
    exit: 1,
    message: ({ reason }) => `A call to the kernel failed: ${reason}.`,
    hint: () => '`strake doctor` tries what a step needs and tells what this machine forbids.',
  }),
  WORKER_ENDED: entry<{ reason: string }>({
    title: 'The process that touches files of images has ended',
    exit: 1,
    message: ({ reason }) => `The worker is gone: ${reason}.`,
    hint: () => 'When the machine ran out of memory, give it more or build with fewer jobs (--jobs 1).',
  }),
  OWNERS_NOT_MAPPED: entry<{ status: number }>({
    title: 'A command could not change owners',
    exit: ({ status }) => status,
    message: ({ status }) =>
      `It exited with status ${status}. This user has a single id, so that no file can belong to anybody else.`,
    hint: () => 'Install uidmap (newuidmap, newgidmap) and give the user a range in /etc/subuid and /etc/subgid.',
  }),
  USER_NOT_MAPPED: entry<{ user: string; uid: number; gid: number }>({
    title: 'A command cannot run as this user',
    exit: 1,
    message: ({ user, uid, gid }) =>
      `"${user}" is ${uid}:${gid}, and the user who builds may not become that: the ids given to it do not reach so far.`,
    hint: () =>
      'Install uidmap (newuidmap, newgidmap) and give the user a range of 65536 ids in /etc/subuid and /etc/subgid.',
  }),
  NAMESPACE_REFUSED: entry<{ reason: string }>({
    title: 'A user namespace could not be set up',
    exit: 1,
    message: ({ reason }) => `The ids of a user namespace could not be set: ${reason}`,
    hint: () => '`strake doctor` tells what forbids it.',
  }),
};
