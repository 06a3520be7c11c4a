import { nearest } from '../base/suggest.ts';
import type { Plugin } from './plugin.ts';
import type { Offers } from './workshop.ts';

type Kind = keyof Offers;
type Fit = (value: unknown) => boolean;

const text: Fit = (value) => typeof value === 'string' && value !== '';
const words: Fit = (value) => Array.isArray(value) && value.length > 0 && value.every(text);
const object: Fit = (value) => typeof value === 'object' && value !== null;
const call: Fit = (value) => typeof value === 'function';

const named: Readonly<Record<string, Fit>> = { name: text };

/** What an offer of a kind cannot do without. */
const offers: Readonly<Record<Kind, Readonly<Record<string, Fit>>>> = {
  contexts: { schemes: words, open: call },
  images: { ...named, resolve: call },
  caches: { ...named, find: call, save: call },
  cacheTypes: { type: text, place: call, open: call },
  credentials: { ...named, credentials: call },
  outputs: { type: text, begin: call },
  isolations: { ...named, traits: object, probe: call, open: call },
};

const others: Readonly<Record<string, Fit>> = {
  enforce: (value) => value === 'pre' || value === 'post',
  before: (value) => text(value) || Array.isArray(value),
  after: (value) => text(value) || Array.isArray(value),
  cacheKey: (value) => typeof value === 'string' || value === false,
  apply: call,
};

const kinds = Object.keys(offers) as Kind[];
const known = ['name', ...kinds, ...Object.keys(others)];

/**
 * What is not as the types have it, each as the rest of a sentence about the plugin. Configs are run without a look at
 * their types, and a plugin that is made wrong is not to fail somewhere in a build.
 */
export function shapeMistakes(plugin: Plugin): string[] {
  // Methods of classes stand in their prototypes.
  const given = (key: string): unknown => Reflect.get(plugin, key);
  const mistakes: string[] = [];
  for (const key of Object.keys(plugin)) {
    // Plugins may have things of their own, as instances of classes do.
    const near = known.includes(key) ? undefined : nearest(key, known);
    if (near !== undefined && given(near) === undefined)
      mistakes.push(`has "${key}", which is nothing that plugins have ("${near}" is)`);
  }
  for (const [key, fits] of Object.entries(others))
    if (given(key) !== undefined && !fits(given(key))) mistakes.push(`has a value of "${key}" that cannot be one`);
  for (const kind of kinds) mistakes.push(...offerMistakes(kind, given(kind)));
  return mistakes;
}

function offerMistakes(kind: Kind, offered: unknown): string[] {
  if (offered === undefined) return [];
  if (!Array.isArray(offered)) return [`has "${kind}" that are no list`];
  return offered.flatMap((offer: unknown, at) => {
    if (!object(offer)) return [`offers ${kind}[${at}], which is no object`];
    const parts = offer as Readonly<Record<string, unknown>>;
    return Object.entries(offers[kind])
      .filter(([key, fits]) => !fits(parts[key]))
      .map(([key, fits]) => `offers ${kind}[${at}] without ${wanted(key, fits)}`);
  });
}

const wanted = (key: string, fits: Fit): string => {
  if (fits === call) return `${key}()`;
  return fits === words ? `${key}, a list of words` : key;
};

const parts = (fits: Readonly<Record<PropertyKey, Fit>>, result: unknown): string | undefined => {
  if (!object(result)) return 'gave no object';
  const given = result as Readonly<Record<PropertyKey, unknown>>;
  const lacking = Reflect.ownKeys(fits).find((key) => !fits[key]!(given[key]));
  if (lacking === undefined) return undefined;
  return `gave an object without ${typeof lacking === 'symbol' ? `[${lacking.description}]()` : wanted(lacking, fits[lacking]!)}`;
};

/** What core calls later, when nobody would know any more whose it was. */
const results: Readonly<Record<string, (result: unknown) => string | undefined>> = {
  'contexts.open': (it) => parts({ root: text, label: text, [Symbol.asyncDispose]: call }, it),
  'caches.find': (it) => (it instanceof Map ? undefined : 'gave no Map'),
  'credentials.credentials': (it) => (it === undefined ? undefined : parts({ kind: text }, it)),
  'images.resolve': (it) => (it === undefined ? undefined : parts({ layers: Array.isArray, config: object }, it)),
  'outputs.begin': (it) => parts({ layer: call, finish: call, abort: call }, it),
};

/** What is wrong with what an offer's method gave: the rest of a sentence about the plugin. */
export function resultMistake(kind: Kind, method: string, result: unknown): string | undefined {
  const mistake = results[`${kind}.${method}`]?.(result);
  return mistake === undefined ? undefined : `${mistake} from ${kind}.${method}`;
}
