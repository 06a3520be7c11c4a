import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import type { ImagePath } from '../../base/brand.ts';
import { toBuffer } from '../../base/bytes.ts';
import { problem } from '../../base/errors.ts';
import type { Job } from '../../contract/job.ts';
import { namespace } from '../../sys/namespaces.ts';
import { codeOf } from '../../sys/sys-error.ts';
import type { Sys } from '../../sys/sys.ts';
import { furnish } from './furnish.ts';
import type { Launch, LaunchPlaces, LaunchRights } from './launch.ts';
import { mountOverlay } from './mount-overlay.ts';
import { mountPoints, type MountPoints } from './mount-point.ts';

/** Who a command runs as; what `userOf` of the image's accounts says. */
export interface StepUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly home?: string;
}

export type FindUser = (
  user: string,
  accounts: { readonly passwd?: Uint8Array; readonly group?: Uint8Array },
) => StepUser;

export interface EnterOptions {
  readonly places: LaunchPlaces;
  readonly rights: LaunchRights;
  readonly findUser: FindUser;
}

/**
 * Brings the calling thread into the tree of a step, as the user of the step: what it starts now is the step. There is
 * no way out but `leave` of the caller: the old root is gone from the namespace. `made` takes in what was made for mount
 * points, also when something fails later on.
 */
export function enterRoot(sys: Sys, launch: Launch, options: EnterOptions, made: ImagePath[]): StepUser {
  const { namespaces, credentials } = sys;
  const { places, rights } = options;
  const { job, holder } = launch;
  const mounts = openNamespace(holder, 'mnt');
  const pids = openNamespace(holder, 'pid_for_children');
  try {
    const network = job.network === 'none' ? namespace.network : 0;
    namespaces.unshare(namespace.directories | namespace.hostname | namespace.ipc | network);
    unshareControlGroups(sys);
    namespaces.enter(mounts, namespace.mounts);
    namespaces.setHostname(job.hostname);
    if (network) namespaces.raiseLoopback();
    mountOverlay(sys, { ...launch, target: places.root, bookkeeping: rights.bookkeeping });
    const points = mountPoints(places.root, sys.nodes);
    try {
      furnish(sys, places, rights, points, job);
      mountFolder(sys, launch, rights, points);
    } finally {
      made.push(...points.made);
    }
    namespaces.changeDirectory(places.root);
    namespaces.switchRootToHere();
    namespaces.enter(pids, namespace.pids);
  } finally {
    closeSync(mounts);
    closeSync(pids);
  }
  const user = options.findUser(job.user, readAccounts());
  enterDirectory(sys, job);
  namespaces.umask(0o022);
  try {
    credentials.become(user.uid, user.gid, rights.singleId ? undefined : user.groups);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
    throw problem('USER_NOT_MAPPED', { user: job.user, uid: user.uid, gid: user.gid }, {}, { cause: error });
  }
  return user;
}

function mountFolder(sys: Sys, { folder }: Launch, { bookkeeping }: LaunchRights, points: MountPoints): void {
  if (folder) mountOverlay(sys, { ...folder, target: points.at(folder.at, 'directory'), bookkeeping });
}

const openNamespace = (pid: number, name: string): number => openSync(`/proc/${pid}/ns/${name}`, 'r');

/** Kernels may be built without control groups. */
function unshareControlGroups({ namespaces }: Sys): void {
  try {
    namespaces.unshare(namespace.controlGroups);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error;
  }
}

/** Made where it is missing, as container runtimes do: WORKDIR of a base need not be in it. */
function enterDirectory({ namespaces }: Sys, { cwd }: Job): void {
  const path = toBuffer(cwd);
  try {
    namespaces.changeDirectory(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    mkdirSync(path, { recursive: true, mode: 0o755 });
    namespaces.changeDirectory(path);
  }
}

/** The root is the image's by now, so links in it lead nowhere else. */
function readAccounts() {
  const passwd = readSmall('/etc/passwd');
  const group = readSmall('/etc/group');
  return { ...(passwd && { passwd }), ...(group && { group }) };
}

/** No pipe is waited for, and nothing endless is read. */
const largest = 4 * 1024 * 1024;

function readSmall(path: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > largest) return undefined;
    const bytes = Buffer.alloc(stats.size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
