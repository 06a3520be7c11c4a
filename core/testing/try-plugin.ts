import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../base/bytes.ts';
import type { BuildEvent } from '../base/events.ts';
import { createBuilder, type Builder } from '../builder.ts';
import { callRewrite } from '../contract/install.ts';
import type { Job } from '../contract/job.ts';
import type { BuildPlan, BuildResult, ImageRequest, OutputSpec } from '../contract/model.ts';
import type { Plugin } from '../contract/plugin.ts';
import type { BuildSettings } from '../contract/surroundings.ts';
import type { ImageConfig, Manifest } from '../oci/image.ts';
import { readConfig } from '../oci/read-config.ts';
import { readManifest } from '../oci/read-manifest.ts';
import { storeFolder } from '../store/store-folder.ts';
import { benchPlugin, memoryType, type Arrived, type BenchBase, type TriedImage } from './bench-plugin.ts';
import { writeTree } from './disk-trees.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from './fake-world.ts';
import type { Tree } from './trees.ts';

export interface BenchOptions extends FakeWorldOptions {
  /** Images that Dockerfiles may begin with: `{ debian: { files: { '/etc/os-release': '…' } } }`. */
  readonly bases?: Readonly<Record<string, BenchBase>>;
  readonly settings?: Partial<Omit<BuildSettings, 'pluginKeys'>>;
  /** The way to run steps, of those the plugins offer; without one a RUN is refused. */
  readonly isolation?: string;
}

/** What is asked besides the tree. */
export type BenchRequest = Partial<ImageRequest>;

export interface TriedBuild {
  /** Of the image; of the first platform where there are several. */
  readonly files: Tree;
  readonly config: ImageConfig;
  readonly manifest: Manifest;
  readonly platforms: readonly TriedImage[];
  /** What this build reported. */
  readonly events: readonly BuildEvent[];
  readonly result: BuildResult;
}

/** A builder with the plugins that are tried, and everything else fake. */
export interface PluginBench extends AsyncDisposable {
  readonly world: FakeWorld;
  readonly builder: Builder;
  /** Builds a tree, or a context by its location. */
  build(tree: Tree | string, request?: BenchRequest): Promise<TriedBuild>;
  plan(tree: Tree | string, request?: BenchRequest): Promise<BuildPlan>;
  /** What the plugins' `job` taps make of a RUN: it need not run for that. */
  job(job?: Partial<Job>): Promise<Job>;
}

/** Tries plugins in builds of their own: no other plugin, no network, no RUN unless asked for. */
export function tryPlugin(plugins: Plugin | readonly Plugin[], options: BenchOptions = {}): Promise<PluginBench> {
  return openBench(Array.isArray(plugins) ? (plugins as readonly Plugin[]) : [plugins as Plugin], options);
}

export async function openBench(plugins: readonly Plugin[], options: BenchOptions): Promise<PluginBench> {
  const world = fakeWorld(options);
  let arrived: Arrived | undefined;
  try {
    const own = benchPlugin({ bases: options.bases ?? {}, arrived: (image) => void (arrived = image) });
    const builder = createBuilder({
      plugins: [...plugins, own],
      world,
      storeFolder: storeFolder(world.env, world.home),
      settings: { jobs: 1, ...options.settings },
      isolation: options.isolation ?? 'assemble',
    });
    const contexts = contextFolders(world);
    return {
      world,
      builder,
      async build(tree, request = {}) {
        const before = world.events.length;
        const [result] = await builder.build([requestOf(contexts(tree), request)]);
        return tried(arrived!, result!, world.events.slice(before));
      },
      plan: (tree, request = {}) => builder.plan([requestOf(contexts(tree), request)]),
      job: (job = {}) => callRewrite(builder.installed.hooks.job, { ...plainJob(world), ...job }, { world }),
      async [Symbol.asyncDispose]() {
        await builder.close();
        await world[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** Every tree gets a folder of its own; a location is what it is. */
function contextFolders(world: FakeWorld): (tree: Tree | string) => string {
  let count = 0;
  return (tree) => {
    if (typeof tree === 'string') return tree;
    const folder = `context-${++count}`;
    mkdirSync(join(world.cwd, folder));
    writeTree(join(world.cwd, folder), tree);
    return folder;
  };
}

/** The request of an image that nothing is said of; it goes to memory besides where it is sent. */
export function requestOf(context: string, request: BenchRequest): ImageRequest {
  return {
    name: 'tried',
    context,
    platforms: [],
    args: [],
    labels: [],
    annotations: [],
    tags: [],
    contexts: [],
    prebuild: [],
    noCache: false,
    ...request,
    outputs: withMemory(request.outputs ?? []),
  };
}

const toMemory: OutputSpec = { type: memoryType, forceCompression: false, rewriteTimestamp: false, options: [] };

const withMemory = (outputs: readonly OutputSpec[]): readonly OutputSpec[] =>
  outputs.some(({ type }) => type === memoryType) ? outputs : [...outputs, toMemory];

function tried({ platforms }: Arrived, result: BuildResult, events: readonly BuildEvent[]): TriedBuild {
  const [first] = platforms as readonly [TriedImage];
  return {
    files: first.files,
    config: readConfig(first.built.configBytes),
    manifest: readManifest(first.built.manifestBytes),
    platforms,
    events,
    result,
  };
}

const plainJob = (world: FakeWorld): Job => ({
  argv: ['/bin/sh', '-c', 'true'],
  env: [['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']],
  cwd: fromUtf8('/') as string as Job['cwd'],
  user: '',
  hostname: 'tried',
  network: 'host',
  platform: world.host,
  files: [],
  mounts: [],
});
