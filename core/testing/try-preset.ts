import { describeConfig, type DescribedConfig } from '../config/describe.ts';
import type { ConfigLayer } from '../config/define.ts';
import { registryAccesses } from '../config/registry-accesses.ts';
import { resolveConfig } from '../config/resolve.ts';
import { settleRequests } from '../config/settle.ts';
import { memoryType } from './bench-plugin.ts';
import { openBench, type BenchOptions, type BenchRequest, type PluginBench, type TriedBuild } from './try-plugin.ts';
import type { Tree } from './trees.ts';

export interface PresetBench extends PluginBench {
  /** What a config gets that extends the preset and has one image, `app`, of which it says nothing. */
  readonly config: DescribedConfig;
  /** The same as lines of text, to be pinned by a test: `images.app.labels.team  "payments"`. */
  readonly text: string;
  build(tree: Tree, request?: BenchRequest): Promise<TriedBuild>;
}

/** Tries a preset, or a whole config: what it resolves to, and builds of an image `app` under it. */
export async function tryPreset(preset: ConfigLayer, options: BenchOptions = {}): Promise<PresetBench> {
  const config = resolveConfig({
    base: {},
    config: { file: 'build.config.ts', layer: { extends: [preset], images: { app: {} } } },
    env: options.env ?? {},
  });
  const { settings } = config;
  const isolation = settings.get('isolation');
  const bench = await openBench(
    config.plugins.map(({ plugin }) => plugin),
    {
      ...(isolation !== undefined && { isolation }),
      ...options,
      settings: {
        ...definedOnly(settings.values, ['jobs', 'insecureRegistries', 'sourceDateEpoch']),
        // No folder is that of a config: a preset names its files in full.
        registries: registryAccesses(settings, { cwd: '/', dir: '/' }),
        ...options.settings,
      },
    },
  );
  const { world } = bench;
  const place = { cwd: world.cwd, dir: world.cwd, host: world.host };
  const asPreset = (request: BenchRequest = {}): BenchRequest => {
    const { context: _, ...settled } = settleRequests(config, ['app'], place, { all: [], asked: [toMemory] })[0]!;
    return { ...settled, ...request };
  };
  const described = describeConfig(config);
  return {
    ...bench,
    config: described,
    text: textOf(described),
    build: (tree, request) => bench.build(tree, asPreset(request)),
    plan: (tree, request) => bench.plan(tree, asPreset(request)),
  };
}

/** Lies over the config as a flag does: nothing goes where the preset would send it. */
const toMemory = { layer: 'tryPreset', section: '', values: { outputs: [{ type: memoryType }], push: false } };

function definedOnly(
  values: ReadonlyMap<string, unknown>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.filter((name) => values.has(name)).map((name) => [name, values.get(name)]));
}

/** One line a value, sorted as the config has them; no widths, so that one change is one line. */
function textOf({ plugins, settings, images }: DescribedConfig): string {
  const lines = [
    ...plugins.map(({ name, from }) => `plugin ${name} (${from})`),
    ...leaves('settings', settings),
    ...Object.entries(images).flatMap(([name, values]) => leaves(`images.${name}`, values)),
  ];
  return `${lines.join('\n')}\n`;
}

function leaves(path: string, value: unknown): string[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, inner]) => leaves(`${path}.${key}`, inner));
  return [`${path} ${JSON.stringify(value)}`];
}
