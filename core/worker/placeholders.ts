import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { parentOf } from '../base/image-path.ts';
import { hostPaths } from '../rootfs/host-path.ts';
import { codeOf } from '../sys/sys-error.ts';
import type { Nodes } from '../sys/nodes.ts';
import { wholeSeconds } from '../rootfs/upper-nodes.ts';

/** Takes out of an upper directory what was made to mount something on, unless the step has put it to use. */
export function removePlaceholders(upper: HostPath, made: readonly ImagePath[], nodes: Nodes): void {
  const host = hostPaths(upper);
  for (const path of [...made].reverse()) {
    const stats = lstatSync(host(path), { throwIfNoEntry: false });
    if (!stats || !(stats.isDirectory() || (stats.isFile() && stats.size === 0))) continue;
    const parent = host(parentOf(path));
    const { mtimeNs } = lstatSync(parent, { bigint: true });
    try {
      if (stats.isDirectory()) rmdirSync(host(path));
      else unlinkSync(host(path));
    } catch (error) {
      if (codeOf(error) !== 'ENOTEMPTY') throw error;
      continue;
    }
    nodes.setModified(parent, wholeSeconds(mtimeNs));
  }
}
