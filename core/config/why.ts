import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { Merged, Trace } from './merge.ts';
import type { ResolvedConfig } from './resolve.ts';
import { imageKeys, settingsKeys } from './schema.ts';

export interface Why {
  readonly path: string;
  /** Farthest first; the last one is in force. Empty: nobody says anything. */
  readonly chain: readonly Trace[];
  /** What the key is for. */
  readonly about: string;
}

/**
 * Who set `images.api.platforms`, `images.api.args.VERSION`, `settings.jobs` or `plugins.s3-context`, in order; of
 * `images.api` and `settings` all that anybody says of them.
 */
export function why(path: string, config: ResolvedConfig): Why {
  const [area, ...rest] = path.split('.');
  if (area === 'images') return whyImage(path, rest, config);
  if (area === 'settings') return whyKey(path, rest, config.settings, settingsKeys);
  if (area === 'plugins') return whyPlugin(path, rest.join('.'), config);
  throw unknownPath(path, area ?? '', ['images', 'settings', 'plugins'], wholePath(path, config));
}

/** What stands in a config with less before it, as it is asked for here. */
function wholePath(path: string, config: ResolvedConfig): string | undefined {
  const [area = '', ...rest] = path.split('.');
  const someImage = config.images[0] ?? 'NAME';
  if (area === 'defaults') return ['images', someImage, ...rest].join('.');
  if (config.images.includes(area)) return `images.${path}`;
  if (Object.hasOwn(settingsKeys, area)) return `settings.${path}`;
  return Object.hasOwn(imageKeys, area) ? `images.${someImage}.${path}` : undefined;
}

function whyImage(path: string, rest: readonly string[], config: ResolvedConfig): Why {
  // Names of images may hold dots.
  const name = config.images.find((image) => rest.join('.').startsWith(`${image}.`) || rest.join('.') === image);
  if (name === undefined) throw unknownPath(path, rest[0] ?? '', config.images);
  const keys = rest
    .join('.')
    .slice(name.length + 1)
    .split('.');
  return whyKey(path, keys, config.image(name), imageKeys);
}

type About = Readonly<Record<string, { readonly about: string }>>;

function whyKey(path: string, keys: readonly string[], merged: Pick<Merged<unknown>, 'traces'>, table: About): Why {
  const key = keys[0] ?? '';
  if (key === '') return { path, about: 'all that is said', chain: [...merged.traces.values()].flat() };
  if (!Object.hasOwn(table, key)) throw unknownPath(path, key, Object.keys(table));
  const { about } = table[key]!;
  const whole = keys.join('.');
  const chain = [...merged.traces].filter(([traced]) => traced === whole || traced.startsWith(`${whole}.`));
  return { path, about, chain: chain.flatMap(([, traces]) => traces) };
}

function whyPlugin(path: string, name: string, config: ResolvedConfig): Why {
  const found = config.plugins.find(({ plugin }) => plugin.name === name);
  if (!found)
    throw unknownPath(
      path,
      name,
      config.plugins.map(({ plugin }) => plugin.name),
    );
  const chain = [...found.instead, found.layer].map((layer) => ({ layer, path: 'plugins', value: name }));
  return { path, about: 'a plugin', chain };
}

function unknownPath(path: string, word: string, known: readonly string[], meant?: string): Error {
  const near = meant ?? nearest(word, known);
  return problem('SETTING_UNKNOWN', { path, word, known, ...(near !== undefined && { nearest: near }) });
}
