import { problem } from '../base/errors.ts';
import type { ConfigIssue } from '../base/problems/config.ts';
import type { Plugin } from '../contract/plugin.ts';
import type { Env } from '../contract/world.ts';
import type { ConfigLayer, SettledImage, SettledSettings } from './define.ts';
import { environmentSources } from './environment.ts';
import { flattenLayers, type FlatLayer, type Values } from './layers.ts';
import { merge, type Merged, type Source } from './merge.ts';
import { imageKeys, settingsKeys } from './schema.ts';

/** A config with everything it extends laid over one another; images are settled one by one, with the flags on top. */
export interface ResolvedConfig {
  /** Absent without a config file. */
  readonly file: string | undefined;
  readonly plugins: readonly TracedPlugin[];
  readonly settings: Merged<SettledSettings>;
  /** Names of all images, in the order the layers name them. */
  readonly images: readonly string[];
  /** `name` is absent for a context given by hand: only what holds for every image applies. */
  image(name: string | undefined, flags?: readonly Source[]): Merged<SettledImage>;
}

export interface TracedPlugin {
  readonly plugin: Plugin;
  /** The layer that brought it, and those whose plugin of the same name it took the place of. */
  readonly layer: string;
  readonly instead: readonly string[];
}

export interface ResolveInput {
  /** What every config starts from: the standard preset. Its plugins stand after those of the config. */
  readonly base: ConfigLayer;
  readonly config?: { readonly file: string; readonly layer: ConfigLayer };
  readonly env: Env;
  readonly settingFlags?: readonly Source[];
}

export function resolveConfig(input: ResolveInput): ResolvedConfig {
  const issues: ConfigIssue[] = [];
  const base = flattenLayers(input.base, 'built in', issues);
  const own = input.config ? flattenLayers(input.config.layer, input.config.file, issues) : [];
  const layers = [...base, ...own];
  const plugins = mergePlugins([...own, ...base], layers, issues);
  const settings = merge<SettledSettings>(
    settingsKeys,
    [
      ...layers.map((layer) => sourceOf(layer, 'settings', layer.settings)),
      ...environmentSources(input.env, 'setting'),
      ...(input.settingFlags ?? []),
    ],
    issues,
  );
  const images = [...new Set(layers.flatMap((layer) => [...layer.images.keys()]))];
  const image = (name: string | undefined, flags: readonly Source[], found: ConfigIssue[]): Merged<SettledImage> =>
    merge<SettledImage>(
      imageKeys,
      [...imageSources(layers, name), ...environmentSources(input.env, 'image'), ...flags],
      found,
    );
  // Every image is looked at, asked for or not, so that all mistakes are told at once.
  for (const name of [undefined, ...images]) image(name, [], issues);
  const file = input.config?.file;
  refuse(file, issues);
  return {
    file,
    plugins,
    settings,
    images,
    image: (name, flags = []) => {
      const found: ConfigIssue[] = [];
      const merged = image(name, flags, found);
      refuse(file, found);
      return merged;
    },
  };
}

/** All mistakes in one problem; the file itself needs no naming as their origin. */
export function refuse(file: string | undefined, issues: readonly ConfigIssue[]): void {
  const told = new Map(
    issues.map(({ path, text, origin }): [string, ConfigIssue] => [
      `${origin} ${path} ${text}`,
      { path, text, ...(origin !== undefined && origin !== file && { origin }) },
    ]),
  );
  if (told.size > 0)
    throw problem('CONFIG_INVALID', { file: file ?? 'the built-in config', issues: [...told.values()] });
}

const sourceOf = (layer: FlatLayer, section: string, values: Values): Source => ({
  layer: layer.label,
  section,
  values,
});

/** A nearer layer wins as a whole: its defaults over the images of what it extends. */
function imageSources(layers: readonly FlatLayer[], name: string | undefined): Source[] {
  return layers.flatMap((layer) => {
    const image = name === undefined ? undefined : layer.images.get(name);
    return [
      sourceOf(layer, 'defaults', layer.defaults),
      ...(image === undefined ? [] : [sourceOf(layer, `images.${name}`, image)]),
    ];
  });
}

/**
 * One plugin a name: the nearest layer's. Ours stand last, so that an offer of a config is asked before the standard
 * one of the same kind.
 */
function mergePlugins(
  ordered: readonly FlatLayer[],
  farToNear: readonly FlatLayer[],
  issues: ConfigIssue[],
): readonly TracedPlugin[] {
  const winners = new Map<string, TracedPlugin>();
  for (const layer of farToNear) {
    const here = new Set<string>();
    for (const plugin of layer.plugins) {
      const { name } = plugin;
      if (here.has(name)) issues.push({ path: 'plugins', text: `has two plugins "${name}".`, origin: layer.label });
      here.add(name);
      const before = winners.get(name);
      winners.set(name, { plugin, layer: layer.label, instead: before ? [...before.instead, before.layer] : [] });
    }
  }
  return ordered.flatMap((layer) =>
    layer.plugins.flatMap((plugin) => {
      const winner = winners.get(plugin.name);
      return winner?.plugin === plugin ? [winner] : [];
    }),
  );
}
