import { isAbsolute, resolve } from 'node:path';
import { problem } from '../base/errors.ts';
import type { CacheSpec } from '../contract/caches.ts';
import type { CacheSetting, SettledSettings } from './define.ts';
import { splitFields } from './fields.ts';
import type { RequestPlace } from './image-request.ts';
import type { Merged } from './merge.ts';

/** Where builds look steps up and where they leave them, besides the caches that plugins bring. */
export interface CacheSpecs {
  readonly from: readonly CacheSpec[];
  readonly to: readonly CacheSpec[];
}

/** What flags, environment and config say about caches. */
export function cacheSpecs(settings: Merged<SettledSettings>, place: RequestPlace): CacheSpecs {
  const read = (key: 'cacheFrom' | 'cacheTo'): readonly CacheSpec[] => {
    // Flags and variables have no path in a config.
    const isTyped = settings.traces.get(key)?.at(-1)?.path === '';
    return (settings.get(key) ?? [])
      .flatMap((given) => (typeof given === 'string' ? parseCache(given) : [specOf(given)]))
      .map((spec) => placed(spec, isTyped ? place.cwd : place.dir));
  };
  return { from: read('cacheFrom'), to: read('cacheTo') };
}

/** `type=registry,ref=registry.example/app/cache`, as buildx spells it; references alone are of type registry. */
export function parseCache(text: string): readonly CacheSpec[] {
  const invalid = (reason: string) => problem('CACHE_SPEC_INVALID', { text, reason });
  const fields = splitFields(text);
  if (!fields) throw invalid('a quote is not closed');
  if (fields.every((field) => field !== '' && !field.includes('=')))
    return fields.map((ref) => ({ type: 'registry', options: [['ref', ref.trim()]] }));
  const options = new Map<string, string>();
  for (const field of fields) {
    const cut = field.indexOf('=');
    if (cut <= 0) throw invalid(`"${field}" is no key=value`);
    options.set(field.slice(0, cut).trim().toLowerCase(), field.slice(cut + 1));
  }
  const type = options.get('type');
  if (!type) throw invalid('it has no type');
  options.delete('type');
  return [{ type, options: [...options] }];
}

const specOf = ({ type, ...options }: CacheSetting): CacheSpec => ({
  type,
  options: Object.entries(options).map(([name, value]) => [name, String(value)]),
});

/** Paths become absolute. */
const placed = ({ type, options }: CacheSpec, dir: string): CacheSpec => ({
  type,
  options: options.map(([name, value]) => [
    name,
    ['src', 'dest'].includes(name) && !isAbsolute(value) ? resolve(dir, value) : value,
  ]),
});
