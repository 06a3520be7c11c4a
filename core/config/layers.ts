import type { ConfigIssue } from '../base/problems/config.ts';
import type { Plugin } from '../contract/plugin.ts';
import type { ConfigLayer } from './define.ts';
import { explain, show } from './explain.ts';
import { imageKeys, layerSchema, settingsKeys, type ConfigKey } from './schema.ts';

/** One layer by itself: what it extends stands before it in the list. */
export interface FlatLayer {
  /** `build.config.ts`, `preset acme` */
  readonly label: string;
  readonly plugins: readonly Plugin[];
  readonly settings: Values;
  readonly defaults: Values;
  readonly images: ReadonlyMap<string, Values>;
}

/** Settings by key, as somebody wrote them. */
export type Values = Readonly<Record<string, unknown>>;

/** More layers than this above one another is a slip, not a plan. */
const deepest = 32;

/** What a config says and all it extends, farthest first; every mistake on the way goes to `issues`. */
export function flattenLayers(config: ConfigLayer, label: string, issues: ConfigIssue[]): readonly FlatLayer[] {
  const layers: FlatLayer[] = [];
  const visit = (layer: unknown, given: string, chain: readonly unknown[]): void => {
    const own = chain.length === 0 ? label : nameOf(layer, given);
    const note = (found: readonly ConfigIssue[]): void => {
      for (const issue of found) issues.push(chain.length === 0 ? issue : { ...issue, origin: own });
    };
    if (typeof layer !== 'object' || layer === null) return note([wrongLayer(layer)]);
    if (chain.includes(layer) || chain.length >= deepest)
      return note([{ path: 'extends', text: 'comes back to a layer that extends it.' }]);
    const { extends: above, ...rest } = layer as ConfigLayer;
    const parents = above === undefined ? [] : flat(above);
    if (above !== undefined && !Array.isArray(above))
      note([{ path: 'extends', text: `is ${show(above)}; it must be a list.` }]);
    parents.forEach((parent, at) => visit(parent, `extends[${at}] of ${own}`, [...chain, layer]));
    const plain = { ...rest, ...(rest.plugins !== undefined && { plugins: flat(rest.plugins) }) };
    const checked = layerSchema.safeParse(withoutFunctions(plain));
    if (checked.success) layers.push(flatLayer(plain, own));
    else note(explain(checked.error, plain));
  };
  visit(config, label, []);
  return layers;
}

const nameOf = (layer: unknown, given: string): string =>
  typeof layer === 'object' && layer !== null && 'name' in layer && typeof layer.name === 'string'
    ? `preset ${layer.name}`
    : given;

const wrongLayer = (layer: unknown): ConfigIssue => {
  const hint =
    typeof layer === 'function'
      ? 'was the preset called?'
      : typeof layer === 'string'
        ? 'presets are imported, not named.'
        : 'it must be an object.';
  return { path: 'extends', text: `holds ${show(layer)}; ${hint}` };
};

/** Lists in lists become one; what is falsy is left out, so that `isCI && plugin()` works. */
const flat = (value: unknown): unknown[] =>
  Array.isArray(value) ? value.flatMap(flat) : value === false || value === null || value === undefined ? [] : [value];

/** Functions that build on inherited lists are checked by what they return, once they can be called. */
function withoutFunctions(layer: Values): unknown {
  const strip = (values: unknown, keys: Readonly<Record<string, ConfigKey>>): unknown =>
    isMap(values)
      ? Object.fromEntries(Object.entries(values).filter(([name, value]) => !isBuilder(keys, name, value)))
      : values;
  const { settings, defaults, images } = layer as Readonly<Record<keyof FlatLayer, unknown>>;
  return {
    ...layer,
    ...(settings !== undefined && { settings: strip(settings, settingsKeys) }),
    ...(defaults !== undefined && { defaults: strip(defaults, imageKeys) }),
    ...(isMap(images) && {
      images: Object.fromEntries(Object.entries(images).map(([name, values]) => [name, strip(values, imageKeys)])),
    }),
  };
}

const isBuilder = (keys: Readonly<Record<string, ConfigKey>>, name: string, value: unknown): boolean =>
  typeof value === 'function' && Object.hasOwn(keys, name) && keys[name]!.merge === 'list';

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function flatLayer(layer: object, label: string): FlatLayer {
  const {
    plugins = [],
    settings = {},
    defaults = {},
    images = {},
  } = layer as Partial<Omit<FlatLayer, 'images'>> & {
    readonly images?: Readonly<Record<string, Values | undefined>>;
  };
  const named = Object.entries(images).map(([name, values]): [string, Values] => [name, values ?? {}]);
  return { label, plugins, settings, defaults, images: new Map(named) };
}
