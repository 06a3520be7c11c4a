import { normalize } from 'node:path';
import * as z from 'zod/mini';
import { pluginOptions, type CacheSpec, type CacheUse } from '../../core/index.ts';
import {
  always,
  policyOf,
  policyShape,
  specOptions,
  type CachePolicy,
  type PolicyOptions,
} from '../shared/cache-options.ts';
import { problem } from './problems.ts';

export interface DirectoryCacheOptions extends PolicyOptions {
  /** Seen from where the build is started; made where it is missing. */
  readonly path: string;
  /** Look steps up; default: yes. */
  readonly read?: boolean;
  /** Leave steps there; default: yes. */
  readonly write?: boolean;
}

export interface DirectoryCacheSettings {
  readonly path: string;
  readonly policy: CachePolicy;
}

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));
const given = z.strictObject({
  ...policyShape,
  path: filled,
  read: z.optional(z.boolean()),
  write: z.optional(z.boolean()),
});
const specified = z.strictObject({
  ...policyShape,
  src: z.optional(filled),
  dest: z.optional(filled),
  ignoreError: always('true'),
  ociMediatypes: always('true'),
});

export function settingsOf(options: DirectoryCacheOptions): DirectoryCacheSettings {
  const read = pluginOptions(given, options, 'directory-cache');
  return { path: read.path, policy: policyOf(read, read.read ?? true, read.write ?? true) };
}

export function settingsOfUse({ from, to }: CacheUse): DirectoryCacheSettings {
  const looked = from && specOptions(specified, from);
  const left = to && specOptions(specified, to);
  if (looked && looked.src === undefined) throw problem('PATH_MISSING', { side: 'src' });
  if (left && left.dest === undefined) throw problem('PATH_MISSING', { side: 'dest' });
  // What is dropped is said where it is written, what is too old where it is read.
  const options = { ...looked, ...left, ...(looked?.maxAge !== undefined && { maxAge: looked.maxAge }) };
  return {
    path: (left?.dest ?? looked?.src)!,
    policy: policyOf(options, looked !== undefined, left !== undefined),
  };
}

/** The directory of a spec; the rest of it is looked at when the cache is opened. */
export function directoryOf({ options }: CacheSpec): string {
  const path = options.find(([name]) => name === 'src' || name === 'dest')?.[1];
  return path === undefined ? '' : normalize(path).replace(/\/$/, '');
}
