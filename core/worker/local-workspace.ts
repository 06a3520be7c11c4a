import type { HostPath, ImagePath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { LayerEntry } from '../archive/entry.ts';
import { packLayer, type PackedLayer as Packed } from '../archive/pack-layer.ts';
import type { CommitOptions, FolderView, PackedLayer, Workspace } from '../contract/isolation.ts';
import type { Job, JobResult } from '../contract/job.ts';
import type { Layer } from '../contract/model.ts';
import type { Store } from '../contract/store.ts';
import type { StepEnd, StepRunner, TakeOutput } from '../isolation/overlay/step-runner.ts';
import { hostPaths, type FsPath } from '../rootfs/host-path.ts';
import { mergedView, type MergedView } from '../rootfs/merged-view.ts';
import type { LayerFilesOptions } from '../rootfs/unpack-files.ts';
import { upperChanges, type UpperChanges } from '../rootfs/upper-changes.ts';
import { settleUpper } from '../rootfs/upper-settle.ts';
import { storeLayer } from '../steps/store-layer.ts';
import { storeFault } from '../store/store-faults.ts';
import { openFolder, type FolderMounts } from './folder-view.ts';
import type { LayerShelf } from './layer-shelf.ts';
import type { LocalLayers, ReadyLayer } from './local-layers.ts';
import { ownerComplaint } from './owner-complaint.ts';
import { dressRoot, writePatchLayer } from './patch-layer.ts';
import { removePlaceholders } from './placeholders.ts';
import type { WorkArea } from './work-area.ts';

/** What all workspaces of a worker use. */
export interface WorkspaceGear {
  readonly store: Store;
  readonly shelf: LayerShelf;
  readonly area: WorkArea;
  readonly layers: LocalLayers;
  readonly runner: StepRunner;
  readonly files: LayerFilesOptions;
  readonly views: FolderMounts;
}

/** A workspace on this side of the pipe: output is taken as fast as it can be handed on. */
export interface LocalWorkspace extends Omit<Workspace, 'run'> {
  run(job: Job, take: TakeOutput, signal?: AbortSignal): Promise<JobResult>;
}

/** The tree of a stage: layers nobody changes, and on top a directory for what the next commands do. */
export function localWorkspace(opened: readonly ReadyLayer[], gear: WorkspaceGear, shown?: FolderView): LocalWorkspace {
  const { area, files, store } = gear;
  const folder = shown && openFolder(shown, gear);
  const stack = [...opened];
  let view = mergedView(stack.map(({ index }) => index));
  let upper: HostPath | undefined;
  let patch: readonly HostPath[] | undefined;

  const addLayer = (layer: ReadyLayer): void => {
    stack.push(layer);
    view = mergedView(stack.map(({ index }) => index));
    patch = undefined;
    upper = undefined;
  };

  const tree = () => {
    upper ??= freshUpper(area, view, files);
    patch ??= patchFor(stack, view, gear);
    return {
      lowers: [...patch, ...stack.map(({ directory }) => directory).reverse()],
      upper,
      work: area.directory('work'),
      ...(folder && { folder: folder.launch() }),
    };
  };

  const run = async (job: Job, take: TakeOutput, signal?: AbortSignal): Promise<JobResult> => {
    const parts = tree();
    const onMade = (made: readonly ImagePath[]): void => removePlaceholders(parts.upper, made, files.calls.nodes);
    const start = (watched: TakeOutput) => gear.runner.run(parts, job, watched, onMade, signal);
    return files.owners ? start(take) : withOwnerComplaint(take, start);
  };

  const look = (exclude: readonly ImagePath[]): UpperChanges | undefined =>
    upper && upperChanges(upper, view, { ...changeOptions(files, stack, view), exclude });

  const commit = async ({ compression, exclude }: CommitOptions): Promise<PackedLayer> => {
    const directory = (upper ??= freshUpper(area, view, files));
    const changes = look(exclude)!;
    let packed: Packed | undefined;
    const layer = await storeLayer(store, async (write) => {
      packed = await packLayer(changes.entries, { compression, write });
      return packed;
    });
    settleUpper(changes, files.marks, files.calls.nodes);
    const shelved = gear.shelf.adopt(directory, layer.diffId, changes.implied);
    upper = undefined;
    addLayer({ ...shelved, diffId: layer.diffId, index: (await store.indexes.get(layer.diffId))! });
    return { layer, tarSize: packed!.tarSize, entries: changes.entries.length };
  };

  return {
    run,
    changes: async () => (look([])?.entries ?? []).map(withoutContent),
    commit: (options) => commit(options).catch((error: unknown) => Promise.reject(storeFault(error, area.root))),
    put: async (layer: Layer) => addLayer(await gear.layers.ready(layer)),
    async collect(request) {
      if (!folder) throw problem('INTERNAL', { reason: 'A workspace without a folder has no files to collect.' });
      return folder.collect(request);
    },
    // What is left lies in the work area, which goes as a whole when nothing waits for it any more.
    async [Symbol.asyncDispose]() {
      upper = undefined;
      patch = undefined;
    },
  };
}

/** With a single id some commands fail for a reason that they do not know. */
async function withOwnerComplaint(
  take: TakeOutput,
  start: (watched: TakeOutput) => Promise<StepEnd>,
): Promise<StepEnd> {
  const complaint = ownerComplaint();
  const watched: TakeOutput = take && ((stream, chunk) => (complaint.add(chunk), take(stream, chunk)));
  const result = await start(watched);
  if (result.status !== 0 && complaint.found()) throw problem('OWNERS_NOT_MAPPED', { status: result.status });
  return result;
}

function freshUpper(area: WorkArea, view: MergedView, files: LayerFilesOptions): HostPath {
  const directory = area.directory('upper');
  dressRoot(directory, view, files);
  return directory;
}

/** There is always a layer below: an image from scratch stands on an empty one. */
function patchFor(stack: readonly ReadyLayer[], view: MergedView, { area, files }: WorkspaceGear): HostPath[] {
  const directory = area.directory('patch');
  const implied = stack.flatMap((layer) => layer.implied);
  return writePatchLayer(directory, view, implied, files) || stack.length === 0 ? [directory] : [];
}

function changeOptions(files: LayerFilesOptions, stack: readonly ReadyLayer[], view: MergedView) {
  const lowerFile = (path: ImagePath): FsPath | undefined => {
    const place = view.layerOf(path);
    return place && hostPaths(stack[place.layer]!.directory)(place.path);
  };
  const owners = files.owners ? ('disk' as const) : ('index' as const);
  return { xattrs: files.calls.xattrs, marks: files.marks, owners, lowerFile };
}

function withoutContent(entry: UpperChanges['entries'][number]): LayerEntry {
  if (entry.type !== 'file') return entry;
  const { content: _, ...file } = entry;
  return file;
}
