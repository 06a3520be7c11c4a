/** One run of the bench: a registry for both builders, a scratch directory, and builds measured by turns. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registrySource } from '../test/support/image-source.ts';
import { readManifest } from '../test/support/images.ts';
import type { Manifest } from '../test/support/oci-types.ts';
import { run } from '../test/support/process.ts';
import { startRegistry, type TestRegistry } from '../test/support/servers/registry.ts';
import { tempDir } from '../test/support/temp-dir.ts';
import { freshDisk, type Disk } from './disk.ts';
import { calm } from './measure/load.ts';
import { measure, type Measured } from './measure/run.ts';
import type { Command, Peer, PeerStore } from './peers/peer.ts';
import type { StoreState, Workload } from './workloads.ts';

export interface Sample extends Omit<Measured, 'status' | 'output'> {
  /** Bytes of the layers that the registry did not have from the base. */
  readonly pushed: number;
  readonly layers: number;
}

export interface Session extends AsyncDisposable {
  readonly scratch: string;
  readonly registry: TestRegistry;
  /** Builds by turns, so many times each: the samples of each peer in order. */
  compare(workload: Workload, peers: readonly Peer[], rounds: number): Promise<ReadonlyMap<string, readonly Sample[]>>;
}

export interface SessionOptions {
  /** Seconds that are waited at most, before each build, for others to be done. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Opens a session; nothing of it is left once it is disposed of. */
export async function openSession({ patience, signal }: SessionOptions): Promise<Session> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDir('bench'));
  const registry = opening.use(await startRegistry());
  const disks = opening.use(new AsyncDisposableStack());
  const session: State = { scratch: directory.path, registry, disks, patience, signal, made: 0 };
  const open = opening.move();
  return {
    scratch: directory.path,
    registry,
    compare: (workload, peers, rounds) => compare(session, workload, peers, rounds),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

interface State extends SessionOptions {
  readonly scratch: string;
  /** What is mounted meanwhile. */
  readonly disks: AsyncDisposableStack;
  readonly registry: TestRegistry;
  /** Stores, contexts and destinations so far: each gets a number. */
  made: number;
}

/** The registry without its record of requests, which would cost as much as a builder. */
const hostOf = ({ registry }: State): string => registry.direct.replace('http://', '');

async function compare(
  session: State,
  workload: Workload,
  peers: readonly Peer[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const base = await workload.base();
  const repository = `bench/base-${base.name}`;
  await base.pushTo({ direct: session.registry.direct, host: hostOf(session) }, repository);
  const reference = `${hostOf(session)}/${repository}:latest`;
  const dockerfile = join(session.scratch, `${workload.id}.Dockerfile`);
  await writeFile(dockerfile, workload.dockerfile(reference));
  const held = new Set((await manifestOf(session, repository)).layers.map(({ digest }) => digest));
  const bench: Bench = { session, workload, reference, dockerfile, held };
  const kept = new Map<string, Prepared>();
  const samples = new Map<string, Sample[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      const state = workload.stores[peer.name];
      const { store, disk } = kept.get(peer.name) ?? (await prepare(bench, peer, state));
      samples.get(peer.name)!.push(await sample(bench, store, state));
      if (state === 'empty') await disk[Symbol.asyncDispose]();
      else kept.set(peer.name, { store, disk });
    }
  }
  for (const { disk } of kept.values()) await disk[Symbol.asyncDispose]();
  return samples;
}

interface Bench {
  readonly session: State;
  readonly workload: Workload;
  readonly reference: string;
  readonly dockerfile: string;
  /** Layers of the base. */
  readonly held: ReadonlySet<string>;
}

interface Prepared {
  readonly store: PeerStore;
  readonly disk: Disk;
}

async function prepare(bench: Bench, peer: Peer, state: StoreState): Promise<Prepared> {
  const { session, reference } = bench;
  const disk = session.disks.use(await freshDisk(join(session.scratch, `${peer.name}-${session.made++}`)));
  const directory = join(disk.path, 'stores');
  await mkdir(directory);
  const store = await peer.openStore(directory);
  if (state === 'base') for (const command of await store.takeIn(reference, directory)) await must(command);
  if (state === 'built-before') await must((await nextBuild(bench, store, state)).command);
  return { store, disk };
}

async function sample(bench: Bench, store: PeerStore, state: StoreState): Promise<Sample> {
  const { session } = bench;
  const { command, repository } = await nextBuild(bench, store, state);
  // What earlier runs left to be written would be written during this one.
  await run(['sync']);
  await calm(session.patience);
  session.signal.throwIfAborted();
  const { status, output, ...cost } = await measure(command.argv, {
    env: command.env,
    cwd: session.scratch,
    signal: session.signal,
  });
  session.signal.throwIfAborted();
  if (status !== 0) throw new Error(`${command.argv.join(' ')}\nended with status ${status}\n${output}`);
  const { layers } = await manifestOf(session, repository);
  const pushed = layers.filter(({ digest }) => !bench.held.has(digest)).reduce((sum, { size }) => sum + size, 0);
  return { ...cost, pushed, layers: layers.length };
}

async function nextBuild(
  { session, workload, dockerfile }: Bench,
  store: PeerStore,
  state: StoreState,
): Promise<{ command: Command; repository: string }> {
  const number = session.made++;
  // The same first part of the name as the base's: some builders mount blobs only then.
  const repository = `bench/result-${number}`;
  const context = await workload.context(session.scratch, number);
  const destination = `${hostOf(session)}/${repository}:latest`;
  return { repository, command: store.build({ context, dockerfile, destination, noCache: state === 'base' }) };
}

async function must({ argv, env }: Command): Promise<void> {
  await run(argv, { env });
}

async function manifestOf({ registry }: State, repository: string): Promise<Manifest> {
  const { content } = await readManifest(registrySource(registry, repository), 'latest');
  return content as Manifest;
}
