import { realpath } from 'node:fs/promises';
import { hostPath, type HostPath } from '../base/brand.ts';
import type { BuildContext, ImageRequest, ResolvedImage } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { resolveBase } from '../phases/resolve-base.ts';
import type { FileHashes } from '../rootfs/file-hashes.ts';
import { hostTree } from '../rootfs/host-tree.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import { overlayFor, type RecordedOutputs } from './overlays.ts';
import type { PrehookTask } from './task.ts';

/** What prehooks need of the contexts they run before. */
export interface PrehookGround {
  readonly workshop: Workshop;
  readonly hashes: FileHashes;
  context(request: ImageRequest): Promise<BuildContext>;
  /** Makes the image's context, which came from elsewhere, a directory that only this build has. */
  makeWritable(request: ImageRequest): Promise<void>;
}

/** What paths of the prehook are seen from, now. */
export async function folderOf(task: PrehookTask, ground: PrehookGround): Promise<HostPath> {
  const folder = task.isFetched ? (await ground.context(task.request)).root : task.folder;
  return realpath(folder).then(hostPath, () => folder);
}

/** The folder as it is now, with recorded outputs of earlier prehooks where it lacks them. */
export async function folderTree(
  task: PrehookTask,
  earlier: readonly { readonly recorded?: RecordedOutputs | undefined }[],
  ground: PrehookGround,
): Promise<SourceTree> {
  const root = await folderOf(task, ground);
  const overlays = earlier.flatMap(({ recorded }) => (recorded ? overlayFor(recorded, root) : []));
  return hostTree({ root, label: `the folder ${root}`, hashes: ground.hashes, overlays });
}

export async function imageFor({ hook }: PrehookTask, { workshop }: PrehookGround): Promise<ResolvedImage | undefined> {
  if (hook.kind !== 'command' || hook.in === undefined) return undefined;
  return resolveBase({ text: hook.in, platform: workshop.world.host }, workshop);
}
