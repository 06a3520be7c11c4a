/** Carries out a scenario (standard input) in a process of its own and prints one line of JSON for each action. */
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { hostPath, type ImagePath } from '../../../core/base/brand.ts';
import { fromUtf8, toUtf8 } from '../../../core/base/bytes.ts';
import { asDiffId, digestOf } from '../../../core/base/digest.ts';
import { isDeletion, type LayerEntry } from '../../../core/archive/entry.ts';
import { indexOf } from '../../../core/archive/index-stream.ts';
import type { Isolation, Workspace } from '../../../core/contract/isolation.ts';
import type { Job } from '../../../core/contract/job.ts';
import type { CopyAction, Layer } from '../../../core/contract/model.ts';
import type { Store } from '../../../core/contract/store.ts';
import type { Entrance } from '../../../core/isolation/overlay/enter-namespaces.ts';
import { probeOverlay } from '../../../core/isolation/overlay/probe.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { assembleIsolation } from '../../../core/worker/assemble-isolation.ts';
import { remoteIsolation } from '../../../core/worker/remote-isolation.ts';
import { startWorker } from '../../../core/worker/start-worker.ts';
import type { Action, Outcome, Scenario, ShellJob } from './scenario.ts';

const scenario = JSON.parse(await text(process.stdin)) as Scenario;
const say = (outcome: Outcome): void => void process.stdout.write(`${JSON.stringify(outcome)}\n`);

async function layerFrom(path: string, store: Store): Promise<Layer> {
  const { digest, size } = await store.blobs.write(createReadStream(path));
  const { index, diffId: own } = await indexOf(store.blobs.open(digest));
  const diffId = scenario.falseDiffId ? asDiffId(digestOf('another layer')) : own;
  await store.indexes.put(diffId, index);
  return { descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size }, diffId, seenIn: [] };
}

async function openIsolation(store: Store): Promise<Isolation> {
  if (scenario.isolation === 'assemble') return assembleIsolation(store, async () => hostPath(store.temp('assemble')));
  const path = process.env['PATH']!;
  const { found, findings } = await probeOverlay({
    uid: process.getuid!(),
    gid: process.getgid!(),
    store: store.root,
    path,
  });
  const rank = scenario.rank ?? found?.entrance.rank;
  const entrance: Entrance | undefined =
    rank === found?.entrance.rank ? found?.entrance : rank === 'single' ? { rank } : undefined;
  if (!entrance) throw new Error(findings.join('; '));
  return remoteIsolation(
    await startWorker({ store: store.root, entrance, freshProc: scenario.freshProc ?? true, path }),
    store,
  );
}

const jobOf = ({ script, argv, ...job }: ShellJob): Job => ({
  argv: argv ?? ['/bin/sh', '-c', script ?? 'true'],
  env: [['PATH', '/bin:/usr/bin:/sbin:/usr/sbin']],
  cwd: '/' as ImagePath,
  user: '',
  hostname: 'box',
  network: 'host',
  platform: { os: 'linux', architecture: 'amd64' },
  files: [],
  mounts: [],
  ...job,
});

const describe = (entry: LayerEntry): string => {
  if (isDeletion(entry)) return `${entry.type} ${toUtf8(entry.path)}`;
  const facts = [entry.type, entry.mode.toString(8), `${entry.uid}:${entry.gid}`];
  if (entry.type === 'file') facts.push(`${entry.size}b`);
  facts.push(`@${entry.mtime}`, toUtf8(entry.path));
  if (entry.type === 'symlink' || entry.type === 'hardlink') facts.push(`-> ${toUtf8(entry.target)}`);
  if (entry.type === 'char' || entry.type === 'block') facts.push(`${entry.major},${entry.minor}`);
  for (const [name, value] of entry.xattrs ?? []) facts.push(`${name}=${Buffer.from(value).toString('hex')}`);
  return facts.join(' ');
};

const store = await openStore(hostPath(scenario.store));
const layers: Layer[] = [];
for (const path of scenario.layers) layers.push(await layerFrom(path, store));
await using isolation = await openIsolation(store);
let workspace: Workspace | undefined;
const tree = async (): Promise<Workspace> => (workspace ??= await isolation.workspace({ label: 'test', layers }));

async function carryOut(action: Action): Promise<Outcome> {
  switch (action.do) {
    case 'run': {
      const out: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
      const opened = await tree();
      // From here on, not from when the layers were still on their way.
      const signal = action.abortAfter === undefined ? undefined : AbortSignal.timeout(action.abortAfter);
      const take = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => void out[stream].push(Buffer.from(chunk));
      const { status } = await opened.run(jobOf(action.job), action.inherit ? 'inherit' : take, signal);
      return { status, out: Buffer.concat(out.stdout).toString(), err: Buffer.concat(out.stderr).toString() };
    }
    case 'together': {
      const all = action.jobs.map(async (job) => {
        await using own = await isolation.workspace({ label: 'own', layers });
        const out: Buffer[] = [];
        const { status } = await own.run(jobOf(job), (_, chunk) => void out.push(Buffer.from(chunk)));
        const changes = await own.changes();
        return `${status} ${Buffer.concat(out).toString().trim()} ${changes.map(({ path }) => path).join()}`;
      });
      return { changes: await Promise.all(all) };
    }
    case 'time': {
      const times: number[] = [];
      for (let at = 0; at < action.count; at++) {
        const begun = performance.now();
        await (await tree()).run(jobOf({ argv: ['/bin/true'] }), () => {});
        times.push(performance.now() - begun);
      }
      return { times };
    }
    case 'changes':
      return { changes: (await (await tree()).changes()).map(describe) };
    case 'commit': {
      const { compression = { type: 'gzip' }, exclude = [] } = action;
      const options = { compression, exclude: exclude.map((path) => fromUtf8(path) as string as ImagePath) };
      const packed = await (await tree()).commit(options);
      layers.push(packed.layer);
      return made(packed.layer, packed.entries);
    }
    case 'put': {
      const layer = await layerFrom(action.layer, store);
      await (await tree()).put(layer);
      layers.push(layer);
      return made(layer, -1);
    }
    case 'reopen':
      await workspace?.[Symbol.asyncDispose]();
      workspace = undefined;
      return {};
    case 'copy': {
      const request = {
        action: copyAction(action.action),
        onto: layers.map(({ diffId }) => diffId),
        from: layers,
        compression: { type: 'none' },
      } as const;
      const digest = await isolation.sourcesDigest(request);
      const packed = await isolation.copy(request);
      return { ...made(packed.layer, packed.entries), digest };
    }
    case 'prune':
      return { pruned: await isolation.prune(action.keepNone ? [] : layers.map(({ diffId }) => diffId)) };
    case 'mark':
      return { out: action.text };
  }
}

const made = ({ diffId, descriptor }: Layer, entries: number): Outcome => ({
  layer: { diffId, digest: descriptor.digest, blob: store.blobs.path(descriptor.digest), entries },
});

const copyAction = (action: Partial<CopyAction>): CopyAction => ({
  origin: { kind: 'image', label: 'the image', image: undefined as never },
  sources: [],
  inline: [],
  destination: '/' as ImagePath,
  intoDirectory: false,
  link: false,
  unpack: false,
  ...action,
});

for (const action of scenario.actions) {
  try {
    say(await carryOut(action));
  } catch (error) {
    const {
      code = '',
      message,
      exit,
      hint,
    } = error as { code?: string; message: string; exit?: number; hint?: string };
    say({ error: { code, message, ...(exit !== undefined && { exit }), ...(hint !== undefined && { hint }) } });
  }
}
