import type { Merged } from './merge.ts';
import type { ResolvedConfig } from './resolve.ts';

/** A resolved config as plain data: what `strake config --json` prints and tests compare. */
export interface DescribedConfig {
  readonly file: string | null;
  readonly plugins: readonly { readonly name: string; readonly from: string }[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly images: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function describeConfig(config: ResolvedConfig): DescribedConfig {
  return {
    file: config.file ?? null,
    plugins: config.plugins.map(({ plugin, layer }) => ({ name: plugin.name, from: layer })),
    settings: plainValues(config.settings),
    images: Object.fromEntries(config.images.map((name) => [name, plainValues(config.image(name))])),
  };
}

const plainValues = (merged: Pick<Merged<unknown>, 'values'>): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...merged.values].map(([key, value]) => [key, plain(value)]));

function plain(value: unknown): unknown {
  if (value instanceof URL) return value.href;
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [String(key), plain(inner)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'function') return `function ${value.name || 'without a name'}`;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return value;
}
