import { problem } from '../base/errors.ts';
import type { OutputSpec } from '../contract/model.ts';
import type { OutputSetting } from './define.ts';
import { splitFields } from './fields.ts';

/** `type=oci,dest=out,tar=false`, as docker and buildx spell it; a lone path is a folder. */
export function parseOutput(text: string): OutputSetting | undefined {
  if (!/[=,]/.test(text) && text !== '-') return { type: 'local', dest: text };
  if (text === '-') throw problem('OUTPUT_INVALID', { text, reason: standardOutput });
  const fields = new Map<string, string>();
  const split = splitFields(text);
  if (!split) throw problem('OUTPUT_INVALID', { text, reason: 'a quote is not closed' });
  for (const field of split) {
    const cut = field.indexOf('=');
    if (cut <= 0) throw problem('OUTPUT_INVALID', { text, reason: `"${field}" is no key=value` });
    fields.set(field.slice(0, cut).trim().toLowerCase(), field.slice(cut + 1));
  }
  const given = fields.get('type');
  if (given === undefined) throw problem('OUTPUT_INVALID', { text, reason: 'it has no type' });
  const read = reader(fields, text);
  const push = read.flag('push');
  const dest = fields.get('dest');
  if (dest === '-') throw problem('OUTPUT_INVALID', { text, reason: standardOutput });
  const name = fields.get('name');
  const compression = read.one('compression', ['gzip', 'zstd', 'none'] as const);
  const level = read.number('compression-level');
  const setting: OutputSetting = {
    type: given === 'image' && push === true ? 'registry' : given,
    ...(dest !== undefined && { dest }),
    ...(name !== undefined && { name: name.split(',') }),
    ...optional('tar', read.flag('tar')),
    ...optional('compression', compression),
    ...optional('compressionLevel', level),
    ...optional('forceCompression', read.flag('force-compression')),
    ...optional('rewriteTimestamp', read.flag('rewrite-timestamp')),
    options: Object.fromEntries([...fields].filter(([key]) => !known.has(key))),
  };
  // `type=image` without push is docker's word for: keep it here.
  return setting.type === 'image' ? undefined : setting;
}

const standardOutput = 'standard output is for the result; name a file';

const known: ReadonlySet<string> = new Set(
  'type push dest name tar compression compression-level force-compression rewrite-timestamp'.split(' '),
);

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };

interface Reader {
  flag(key: string): boolean | undefined;
  number(key: string): number | undefined;
  one<T extends string>(key: string, values: readonly T[]): T | undefined;
}

function reader(fields: ReadonlyMap<string, string>, text: string): Reader {
  const wrong = (key: string, expected: string): Error =>
    problem('OUTPUT_INVALID', { text, reason: `${key} is "${fields.get(key)}"; it must be ${expected}` });
  return {
    flag(key) {
      const value = fields.get(key)?.toLowerCase();
      if (value === undefined) return undefined;
      if (value === 'true' || value === '1') return true;
      if (value === 'false' || value === '0') return false;
      throw wrong(key, 'true or false');
    },
    number(key) {
      const value = fields.get(key);
      if (value === undefined) return undefined;
      if (!/^\d+$/.test(value)) throw wrong(key, 'a whole number');
      return Number(value);
    },
    one(key, values) {
      const value = fields.get(key) === 'uncompressed' ? 'none' : fields.get(key);
      const found = values.find((candidate) => candidate === value);
      if (value !== undefined && found === undefined) throw wrong(key, values.join(', '));
      return found;
    },
  };
}

/** What holds for every output that does not say otherwise. */
export interface OutputDefaults {
  readonly compression: 'gzip' | 'zstd' | 'none' | undefined;
  readonly rewriteTimestamp: boolean | undefined;
}

/** `place` turns a path of the config or the command line into one seen from the current directory. */
export function outputSpec(
  setting: OutputSetting,
  defaults: OutputDefaults,
  place: (path: string) => string,
): OutputSpec {
  const { type, dest, tar, name, compressionLevel: level } = setting;
  const compression = setting.compression ?? defaults.compression;
  const names = typeof name === 'string' ? [name] : name;
  return {
    type,
    ...(dest !== undefined && { dest: place(dest) }),
    ...(names !== undefined && { names }),
    ...(compression !== undefined && {
      compression: compression === 'none' || level === undefined ? { type: compression } : { type: compression, level },
    }),
    forceCompression: setting.forceCompression ?? false,
    rewriteTimestamp: setting.rewriteTimestamp ?? defaults.rewriteTimestamp ?? false,
    options: [...(tar === undefined ? [] : [['tar', String(tar)] as const]), ...Object.entries(setting.options ?? {})],
  };
}
