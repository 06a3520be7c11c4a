import { hostPath } from '../base/brand.ts';
import { join } from 'node:path';
import { BuildError, problem } from '../base/errors.ts';
import type { PackEntry } from '../archive/entry.ts';
import { packLayer } from '../archive/pack-layer.ts';
import type { Layer, ResolvedImage } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { Keyed } from '../caching/key.ts';
import { findRecords } from '../caching/lookup.ts';
import { lostLayer } from '../caching/lost-layers.ts';
import { saveRecords, shareRecord } from '../caching/save.ts';
import { filesToPack, findFiles } from '../rootfs/find-files.ts';
import { storeLayer } from '../steps/store-layer.ts';
import { askedOf } from './asked.ts';
import { carryOut, commandOnHost, functionOnHost, type CarryOut } from './carry-out.ts';
import { commandInImage } from './command-in-image.ts';
import { folderOf, folderTree, type PrehookGround } from './ground.ts';
import type { RecordedOutputs } from './overlays.ts';
import { isInFolder, outputCompression, recordedTree } from './records.ts';
import type { PrehookTask } from './task.ts';

/** What came of a prehook. */
export interface Outcome {
  readonly task: PrehookTask;
  readonly keyed: Keyed | undefined;
  readonly image?: ResolvedImage;
  /** Outputs that the folder does not hold as they should be. */
  recorded?: RecordedOutputs | undefined;
}

/** Outputs are part of contexts, and no layer of an image. */
const facts = { below: [], inImage: false };

/** A cache knows what the same command made of the same inputs. */
export async function reusePrehook(
  task: PrehookTask,
  keyed: Keyed,
  ground: PrehookGround,
): Promise<Outcome | undefined> {
  const { workshop } = ground;
  const { world } = workshop;
  const begun = performance.now();
  const found = (await findRecords([keyed.key], workshop)).get(keyed.key);
  if (!found) return undefined;
  const { layer } = found.record;
  workshop.store.hold([layer.descriptor.digest, layer.diffId]);
  try {
    const recorded = await recordedOutputs(task, layer, ground);
    shareRecord(found, workshop, facts);
    const event = { type: 'step', step: task.id, title: task.title, images: [task.request.name] } as const;
    world.report({ ...event, state: 'cached', from: found.from, key: 'asked', ms: performance.now() - begun });
    return { task, keyed, recorded };
  } catch (error) {
    if (!isLost(error) || world.signal.aborted) throw error;
    world.report({
      type: 'notice',
      level: 'warning',
      code: 'CACHED_LAYER_LOST',
      message: `${(error as BuildError).message} What a cache remembers of ${task.title} is not used; it runs again.`,
    });
    return undefined;
  }
}

const isLost = (error: unknown): boolean =>
  lostLayer(error) !== undefined || (BuildError.is(error) && error.code === 'LAYER_ENTRY_IMPOSSIBLE');

/** What the context has to be given; nothing where the folder holds it. */
async function recordedOutputs(
  task: PrehookTask,
  layer: Layer,
  ground: PrehookGround,
): Promise<RecordedOutputs | undefined> {
  const { workshop } = ground;
  const { outputs } = task;
  if (outputs.wanted.length === 0) return undefined;
  const index = await workshop.blobs.index(layer);
  if (await isInFolder(index, await folderTree(task, [], ground), outputs)) return undefined;
  const { root } = await recordedTree(layer, workshop);
  return { diffId: layer.diffId, root, folder: await folderOf(task, ground), outputs };
}

/**
 * A command of this machine is about to run: earlier ones whose outputs came out of a cache and not into the folder run
 * now, so that it finds the folder as it was when somebody typed them one after another. Says whether any did.
 */
export async function catchUp(earlier: readonly Outcome[], ground: PrehookGround): Promise<boolean> {
  let ran = false;
  for (const [at, outcome] of earlier.entries()) {
    if (outcome.image || isInside(outcome.task) || !outcome.recorded) continue;
    await performPrehook({ task: outcome.task, keyed: outcome.keyed, earlier: earlier.slice(0, at) }, ground);
    outcome.recorded = undefined;
    ran = true;
  }
  return ran;
}

const isInside = ({ hook }: PrehookTask): boolean => hook.kind === 'command' && hook.in !== undefined;

export interface Performance {
  readonly task: PrehookTask;
  readonly earlier: readonly Outcome[];
  readonly keyed: Keyed | undefined;
  /** What it runs inside. */
  readonly image?: ResolvedImage;
}

/** Runs it, takes its outputs and tells the caches. */
export async function performPrehook(asked: Performance, ground: PrehookGround): Promise<Outcome> {
  const { task, keyed, image } = asked;
  const { workshop } = ground;
  const { world } = workshop;
  if (!image && task.isFetched) await ground.makeWritable(task.request);
  const begun = performance.now();
  let layer: Layer | undefined;
  await carryOut(task, world, image ? await insideOf(asked, image, ground, (made) => (layer = made)) : await onHost());
  const ms = Math.round(performance.now() - begun);
  if (keyed && (await isStillAsked(asked, keyed, ground))) {
    const made = (layer ??= await packed([], workshop));
    const remembered = { layer: made, step: task.title, created: world.now().toISOString(), ms };
    saveRecords([keyed], remembered, workshop, facts);
  }
  const recorded = image && layer ? await recordedOutputs(task, layer, ground) : undefined;
  return { task, keyed, recorded, ...(image && { image }) };

  async function onHost(): Promise<CarryOut> {
    const { hook } = task;
    const cwd = hostPath(join(await folderOf(task, ground), hook.cwd));
    const way = hook.kind === 'command' ? commandOnHost(hook, cwd, world) : functionOnHost(hook, task, cwd, world);
    return async (bench) => {
      const status = await way(bench);
      if (status !== 0 || bench.signal.aborted) return status;
      const tree = await folderTree(task, [], ground);
      const { entries, unmatched } = findFiles(tree, task.outputs);
      if (unmatched.length > 0) throw notMade(task, unmatched);
      if (keyed) layer = await packed(filesToPack(tree, entries), workshop);
      return status;
    };
  }
}

/** What was made of inputs that are others by now is nobody's to find. */
async function isStillAsked({ task, earlier, image }: Performance, { key }: Keyed, ground: PrehookGround) {
  const { world } = ground.workshop;
  const now = await askedOf(task, await folderTree(task, earlier, ground), image, world);
  if (now?.key === key) return true;
  world.report({
    type: 'notice',
    level: 'info',
    code: 'PREBUILD_INPUT_CHANGED',
    message: `${task.title}: its inputs changed while it ran, so what it made is not remembered.`,
  });
  return false;
}

async function insideOf(
  { task, earlier }: Performance,
  image: ResolvedImage,
  ground: PrehookGround,
  onMade: (layer: Layer) => void,
): Promise<CarryOut> {
  const { hook } = task;
  if (hook.kind !== 'command') throw problem('INTERNAL', { reason: 'A function cannot run in an image.' });
  const folder = await folderOf(task, ground);
  const trees = earlier.flatMap(({ recorded }) => (recorded?.folder === folder ? [recorded.root] : []));
  const collected = ({ layer, unmatched }: { readonly layer: Layer; readonly unmatched: readonly string[] }): void => {
    if (unmatched.length > 0) throw notMade(task, unmatched);
    onMade(layer);
  };
  return commandInImage({ task, hook, image, lowers: [...trees.reverse(), folder], collected }, ground.workshop);
}

const notMade = ({ text }: PrehookTask, patterns: readonly string[]) =>
  problem('PREBUILD_OUTPUT_MISSING', { command: text, patterns });

const packed = (entries: Iterable<PackEntry> | AsyncIterable<PackEntry>, { store, world }: Workshop): Promise<Layer> =>
  storeLayer(store, (write) => packLayer(entries, { compression: outputCompression, write, signal: world.signal }));
