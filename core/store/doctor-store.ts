import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostPath } from '../base/brand.ts';
import { BuildError, problem } from '../base/errors.ts';
import { ownMark } from './process-mark.ts';
import { isMissing, storeFault } from './store-faults.ts';

/** File system types by the number statfs(2) gives them. */
const network = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x5346414f, 'AFS'],
]);
const overlay = 0x794c7630;
/** Less than this is as good as full: one base image would not fit. */
const littleSpace = 256 * 1024 * 1024;

/** What is wrong with the place of a store, existing or not; empty where all is well. Changes nothing. */
export async function doctorStore(root: HostPath): Promise<readonly BuildError[]> {
  let place: string;
  try {
    place = existing(root);
    statfsSync(place);
  } catch (error) {
    return findingOf(error, root);
  }
  return [...filesystemFindings(root, place), ...writeFindings(root, place)];
}

function filesystemFindings(root: HostPath, place: string): BuildError[] {
  const { type, bavail, bsize, files, ffree } = statfsSync(place);
  const findings: BuildError[] = [];
  const filesystem = network.get(type >>> 0);
  if (filesystem !== undefined) findings.push(problem('STORE_ON_NFS', { path: root, filesystem }));
  if (type === overlay) findings.push(problem('STORE_ON_OVERLAY', { path: root }));
  // File systems without a fixed number of files state none at all.
  if (bavail * bsize < littleSpace || (files > 0 && ffree === 0))
    findings.push(problem('STORE_FULL', { path: root, free: bavail * bsize }));
  return findings;
}

function writeFindings(root: HostPath, place: string): BuildError[] {
  const trial = join(place, `.strake-trial-${ownMark()}`);
  try {
    writeFileSync(trial, 'x', { flag: 'wx' });
    rmSync(trial);
    return [];
  } catch (error) {
    rmSync(trial, { force: true });
    return findingOf(error, root);
  }
}

function findingOf(error: unknown, root: HostPath): BuildError[] {
  const fault = storeFault(error, root);
  return BuildError.is(fault) ? [fault] : [];
}

/** The nearest directory above that is there. */
function existing(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      statfsSync(at);
      return at;
    } catch (error) {
      if (!isMissing(error) || dirname(at) === at) return at;
    }
  }
}
