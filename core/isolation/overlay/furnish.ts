import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ImagePath } from '../../base/brand.ts';
import { fromUtf8, toBuffer } from '../../base/bytes.ts';
import { isWithin } from '../../base/image-path.ts';
import type { Job } from '../../contract/job.ts';
import { mountFlag } from '../../sys/mounts.ts';
import type { Sys } from '../../sys/sys.ts';
import { makeDevices } from './devices.ts';
import { mountSys, restrictProc } from './kernel-trees.ts';
import type { LaunchPlaces, LaunchRights } from './launch.ts';
import type { MountPoints } from './mount-point.ts';

const { noSuid, readOnly, noDevices } = mountFlag;
const dev = '/dev' as ImagePath;

/**
 * Puts everything into the tree that a command expects and no image has. It is put together outside, where nobody
 * interferes, and moved to its place at the end.
 */
export function furnish(
  sys: Pick<Sys, 'mounts' | 'nodes'>,
  { proc, box }: LaunchPlaces,
  { freshProc }: LaunchRights,
  points: MountPoints,
  job: Job,
): void {
  const { mounts } = sys;
  mounts.mount({ type: 'tmpfs', source: 'box', target: box, flags: noSuid, data: 'mode=755,size=64m' });
  const inBox = (name: string): string => {
    mkdirSync(join(box, name));
    return join(box, name);
  };
  const devices = inBox('dev');
  const kernel = inBox('sys');
  makeDevices(sys, devices, inBox('nodes'));
  const masks = { directory: inBox('nothing'), file: join(devices, 'null') };
  if (!freshProc) mounts.bind('/proc', proc, { recursive: true });
  restrictProc(sys, proc, masks);
  mountSys(sys, kernel, masks);
  putDeviceFiles(devices, job);
  mounts.move(proc, points.at('/proc' as ImagePath, 'directory'));
  mounts.move(kernel, points.at('/sys' as ImagePath, 'directory'));
  mounts.move(devices, points.at(dev, 'directory'));
  const files = inBox('files');
  for (const [at, { path, content, mode }] of [...networkFiles(job), ...job.files].entries()) {
    if (isWithin(dev, path)) continue;
    const file = join(files, String(at));
    writeFileSync(file, content, { mode });
    mounts.bind(file, points.at(path, 'file'));
  }
  for (const { source, target, readOnly: isReadOnly } of job.mounts) {
    const point = points.at(target, statSync(source).isDirectory() ? 'directory' : 'file');
    mounts.bind(source, point, { recursive: true });
    // A device made in a cache would otherwise open for the step.
    mounts.restrict(point, noDevices | (isReadOnly ? readOnly : 0));
  }
}

function putDeviceFiles(devices: string, job: Job): void {
  for (const { path, content, mode } of job.files) {
    if (!isWithin(dev, path)) continue;
    const file = toBuffer(fromUtf8(devices) + path.slice(dev.length));
    mkdirSync(toBuffer(dirname(file.toString('latin1'))), { recursive: true, mode: 0o755 });
    writeFileSync(file, content, { mode });
  }
}

/** Copies: what a step writes there is gone with it, and the machine's own stay as they are. */
function networkFiles({ hostname }: Job): Job['files'] {
  const hosts = textOf('/etc/hosts') || '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';
  const known = hosts.split('\n').some((line) => line.split(/\s+/).includes(hostname));
  const own = known ? '' : `127.0.0.1\t${hostname}\n`;
  return [
    { path: '/etc/resolv.conf' as ImagePath, content: textOf('/etc/resolv.conf'), mode: 0o644 },
    { path: '/etc/hosts' as ImagePath, content: `${hosts.replace(/\n*$/, '\n')}${own}`, mode: 0o644 },
  ];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
