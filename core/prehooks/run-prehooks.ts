import type { ImageRequest } from '../contract/model.ts';
import type { TreeOverlay } from '../rootfs/tree-places.ts';
import { overlayFor } from './overlays.ts';
import { catchUp, performPrehook, reusePrehook, type Outcome } from './outcome.ts';
import { askedOf, noticeUnmatched } from './asked.ts';
import { atPlace } from './carry-out.ts';
import { folderTree, imageFor, type PrehookGround } from './ground.ts';
import { prehookTask, type PrehookTask } from './task.ts';

/** What is laid over the main context of an image, by the image's name. */
export type PrehookOverlays = ReadonlyMap<string, readonly TreeOverlay[]>;

/**
 * Carries out what images want done before their context is read, image by image, each prehook once however many images
 * have it: found in a cache, or performed. Commands of this machine would not want to run beside one another.
 */
export async function runPrehooks(requests: readonly ImageRequest[], ground: PrehookGround): Promise<PrehookOverlays> {
  const images = await Promise.all(
    requests.map(async (request) => {
      const context = await ground.context(request);
      // All of them before the first one runs: a slip in a pattern costs nothing.
      return { request, tasks: request.prebuild.map((hook, at) => prehookTask(hook, at, request, context)) };
    }),
  );
  const known = new Map<string, Outcome>();
  const chains = new Map<ImageRequest, Outcome[]>();
  for (const { request, tasks } of images) {
    const chain: Outcome[] = [];
    chains.set(request, chain);
    for (const task of tasks) {
      const outcome = known.get(task.same) ?? (await settle(task, chain, ground));
      known.set(task.same, outcome);
      chain.push(outcome);
    }
  }
  const overlays = new Map<string, readonly TreeOverlay[]>();
  for (const [request, chain] of chains) {
    const { root } = await ground.context(request);
    const laid = chain.flatMap(({ recorded }) => (recorded ? overlayFor(recorded, root) : []));
    if (laid.length > 0) overlays.set(request.name, laid);
  }
  return overlays;
}

/** Key → hit, or what was found so far catches up with the folder and it runs. */
async function settle(task: PrehookTask, earlier: readonly Outcome[], ground: PrehookGround): Promise<Outcome> {
  const { world } = ground.workshop;
  try {
    world.signal.throwIfAborted();
    const image = await imageFor(task, ground);
    const ask = async (onUnmatched?: (pattern: string) => void) =>
      askedOf(task, await folderTree(task, earlier, ground), image, world, onUnmatched);
    const keyed = await ask((pattern) => noticeUnmatched(task, pattern, world));
    const hit = keyed && task.request.noCache !== true ? await reusePrehook(task, keyed, ground) : undefined;
    if (hit) return hit;
    const isBehind = !image && (await catchUp(earlier, ground));
    return await performPrehook(
      { task, earlier, keyed: isBehind ? await ask() : keyed, ...(image && { image }) },
      ground,
    );
  } catch (error) {
    throw atPlace(error, task, world);
  }
}
