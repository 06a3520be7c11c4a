import assert, { AssertionError } from 'node:assert/strict';
import type { ImagePath } from '../../base/brand.ts';
import { fromUtf8, toUtf8 } from '../../base/bytes.ts';
import type {
  CommitOptions,
  FolderView,
  Isolation,
  IsolationOffer,
  IsolationProbe,
  IsolationTraits,
  PackedLayer,
  Workspace,
  WorkspaceOpening,
} from '../../contract/isolation.ts';
import type { Job } from '../../contract/job.ts';
import type { CopyAction, Layer } from '../../contract/model.ts';
import type { Plugin } from '../../contract/plugin.ts';
import { digestOf } from '../../base/digest.ts';
import { collect, layersTree, treeLayer } from '../layer-trees.ts';
import { baseOf } from '../tree-images.ts';
import type { Tree } from '../trees.ts';
import type { CheckBody, Closable } from './check.ts';
import { openGround, type Ground, type GroundOptions } from './ground.ts';

export interface IsolationSubject extends GroundOptions, Closable {
  readonly plugin: Plugin;
  /** Which of its isolations; absent: the only one. */
  readonly name?: string;
  /** A tree with /bin/sh and the usual small programs (busybox will do); needed where it can RUN. */
  readonly base?: Tree;
}

/** An isolation at work, with what checks do to it again and again. */
export interface IsolationBench extends AsyncDisposable {
  readonly ground: Ground;
  readonly isolation: Isolation;
  readonly traits: IsolationTraits;
  readonly base: Tree;
  layer(tree: Tree): Promise<Layer>;
  /** A workspace on the base and more layers. */
  workspace(...layers: readonly Layer[]): Promise<Workspace>;
  /** A workspace on the base that shows a folder. */
  workspaceIn(folder: FolderView): Promise<Workspace>;
  /** What is visible of these layers, the base left out where it says so. */
  tree(layers: readonly Layer[]): Promise<Tree>;
  /** Fails unless blob and index are in the store and are what the layer says. */
  expectStored(packed: PackedLayer): Promise<void>;
}

export const offerOf = ({ plugin, name }: IsolationSubject, { workshop }: Ground): IsolationOffer => {
  const { isolations } = workshop.offers;
  const found = name === undefined ? isolations[0] : isolations.find((offer) => offer.name === name);
  if (!found) throw new AssertionError({ message: `the plugin "${plugin.name}" offers no isolation "${name ?? ''}"` });
  return found;
};

type Body = (bench: IsolationBench) => Promise<string | void>;

/** Runs the body where the isolation works on this machine, and where its traits allow it. */
export const onBench =
  (needs: 'nothing' | 'runs', body: Body): CheckBody<IsolationSubject> =>
  async (subject) => {
    await using ground = await openGround(subject.plugin, subject);
    const offer = offerOf(subject, ground);
    const probe: IsolationProbe = await offer.probe(ground.world);
    if (!probe.available) return `not available here: ${probe.findings.join('; ')}`;
    const traits = probe.traits ?? offer.traits;
    if (needs === 'runs' && !traits.runs) return 'it cannot RUN';
    if (needs === 'runs' && !subject.base) throw new AssertionError({ message: 'the subject has no base to run in' });
    await using isolation = await offer.open(ground.world, ground.workshop.store);
    return await body(benchOf(ground, isolation, traits, subject.base ?? {}));
  };

function benchOf(ground: Ground, isolation: Isolation, traits: IsolationTraits, base: Tree): IsolationBench {
  const { store, blobs } = ground.workshop;
  let baseLayer: Promise<Layer> | undefined;
  const open = async (layers: readonly Layer[], more: Pick<WorkspaceOpening, 'folder'> = {}): Promise<Workspace> => {
    const stack = [await (baseLayer ??= treeLayer(store, base)), ...layers];
    for (const layer of await isolation.missing(stack)) await isolation.prepare(layer);
    return isolation.workspace({ label: 'checked', layers: stack, ...more });
  };
  return {
    ground,
    isolation,
    traits,
    base,
    layer: (tree) => treeLayer(store, tree),
    workspace: (...layers) => open(layers),
    workspaceIn: (folder) => open([], { folder }),
    tree: (layers) => layersTree(layers, blobs),
    async expectStored({ layer, entries }) {
      const bytes = await collect(store.blobs.open(layer.descriptor.digest));
      assert.deepEqual([digestOf(bytes), bytes.length], [layer.descriptor.digest, layer.descriptor.size]);
      const index = await store.indexes.get(layer.diffId);
      assert.equal(index?.length, entries, 'its index is in the store, with as many entries');
    },
    async [Symbol.asyncDispose]() {},
  };
}

export const path = (text: string): ImagePath => fromUtf8(text) as string as ImagePath;

export const plainCommit: CommitOptions = { compression: { type: 'gzip' }, exclude: [] };

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a script, or a list of words, and collects what it says. */
export async function shell(
  workspace: Workspace,
  script: string | readonly string[],
  over: Partial<Job> = {},
  signal?: AbortSignal,
): Promise<Ran> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const job: Job = {
    argv: typeof script === 'string' ? ['/bin/sh', '-c', script] : script,
    env: [['PATH', '/usr/sbin:/usr/bin:/sbin:/bin']],
    cwd: path('/'),
    user: '',
    hostname: 'checked',
    network: 'host',
    platform: { os: 'linux', architecture: 'amd64' },
    files: [],
    mounts: [],
    ...over,
  };
  const { status } = await workspace.run(job, (stream, chunk) => void chunks[stream].push(Buffer.from(chunk)), signal);
  return { status, out: Buffer.concat(chunks.stdout).toString(), err: Buffer.concat(chunks.stderr).toString() };
}

/** Paths of changes: `file /a`, `whiteout /b`. */
export const changed = async (workspace: Workspace): Promise<string[]> =>
  (await workspace.changes()).map(({ type, path }) => `${type} ${toUtf8(path)}`);

/** `COPY --from=… <pattern> <destination>` as an isolation gets it. */
export function copyOf(
  bench: IsolationBench,
  from: readonly Layer[],
  pattern: string,
  over: Partial<CopyAction> = {},
): CopyAction {
  const { workshop, world } = bench.ground;
  const image = baseOf(workshop.store, 'checked', { layers: from, platform: world.host });
  const at = { source: { name: 'check', text: '' }, start: 0, end: 0 };
  return {
    origin: { kind: 'image', image, label: 'checked' },
    sources: [{ pattern, at }],
    inline: [],
    destination: path('/to/'),
    intoDirectory: true,
    link: false,
    unpack: false,
    ...over,
  };
}
