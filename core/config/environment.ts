import { problem } from '../base/errors.ts';
import type { Env } from '../contract/world.ts';
import type { Source } from './merge.ts';
import type { ImageKey, SettingsKey } from './schema.ts';

interface Variable {
  readonly name: string;
  readonly about: string;
  readonly image?: ImageKey;
  readonly setting?: SettingsKey;
  read(text: string): unknown;
  readonly expected?: string;
}

const list = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const whole = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
const yesNo = (text: string): boolean | undefined =>
  ['1', 'true', 'yes'].includes(text.toLowerCase())
    ? true
    : ['0', 'false', 'no'].includes(text.toLowerCase())
      ? false
      : undefined;

/** What the environment says about builds: nearer than any config, farther than flags. */
export const variables: readonly Variable[] = [
  { name: 'STRAKE_PLATFORMS', about: 'platforms of every image', image: 'platforms', read: list },
  {
    name: 'STRAKE_NO_CACHE',
    about: 'carry out every step',
    image: 'noCache',
    read: yesNo,
    expected: '1 or 0',
  },
  { name: 'STRAKE_ISOLATION', about: 'the way to run steps', setting: 'isolation', read: (text) => text },
  {
    name: 'STRAKE_JOBS',
    about: 'steps and stages at a time',
    setting: 'jobs',
    read: whole,
    expected: 'a whole number',
  },
  {
    name: 'STRAKE_INSECURE_REGISTRIES',
    about: 'registries without good certificates or without TLS',
    setting: 'insecureRegistries',
    read: list,
  },
  {
    name: 'STRAKE_REGISTRY_MIRROR',
    about: 'where images of Docker Hub are pulled from first; several with blanks between them',
    setting: 'registries',
    read: (text) => ({ 'docker.io': { mirrors: list(text) } }),
  },
  {
    name: 'STRAKE_CACHE_FROM',
    about: 'where steps are looked up, as --cache-from; several with blanks between them',
    setting: 'cacheFrom',
    read: words,
  },
  {
    name: 'STRAKE_CACHE_TO',
    about: 'where steps are left, as --cache-to; several with blanks between them',
    setting: 'cacheTo',
    read: words,
  },
  {
    name: 'SOURCE_DATE_EPOCH',
    about: 'seconds since 1970 that images are created at',
    setting: 'sourceDateEpoch',
    read: whole,
    expected: 'seconds since 1970, as a whole number',
  },
];

/** A layer of `kind` for every variable that is set and not empty. */
export function environmentSources(env: Env, kind: 'image' | 'setting'): readonly Source[] {
  return variables.flatMap((variable) => {
    const key = variable[kind];
    const text = env[variable.name];
    if (key === undefined || text === undefined || text === '') return [];
    const value = variable.read(text);
    if (value === undefined)
      throw problem('VARIABLE_INVALID', { name: variable.name, value: text, expected: variable.expected ?? 'a value' });
    return [{ layer: variable.name, section: '', values: { [key]: value } }];
  });
}
