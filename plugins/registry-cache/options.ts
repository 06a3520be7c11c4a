import * as z from 'zod/mini';
import {
  familiarReference,
  parseReference,
  pluginOptions,
  withDefaultTag,
  type CacheUse,
  type Reference,
} from '../../core/index.ts';
import {
  always,
  policyOf,
  policyShape,
  specOptions,
  type CachePolicy,
  type PolicyOptions,
} from '../shared/cache-options.ts';
import { problem } from './problems.ts';

export interface RegistryCacheOptions extends PolicyOptions {
  /** `registry.example/app/cache`, with a tag where several caches share the repository. */
  readonly repository: string;
  /** Look steps up; default: yes. */
  readonly read?: boolean;
  /** Leave steps there; default: yes. */
  readonly write?: boolean;
  /** Seconds until a cache that does not answer is done without; default: 20. */
  readonly timeout?: number;
}

/** A cache as its options mean it. */
export interface RegistryCacheSettings {
  readonly reference: Reference;
  /** As people write it. */
  readonly text: string;
  /** `host/repository` */
  readonly place: string;
  readonly policy: CachePolicy;
  /** Seconds. */
  readonly timeout: number;
}

const usualTimeout = 20;
const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

const given = z.strictObject({
  ...policyShape,
  repository: filled,
  read: z.optional(z.boolean()),
  write: z.optional(z.boolean()),
  timeout: z.optional(z.number().check(z.positive({ error: 'it must be more than 0' }))),
});

const seconds = z.string().check(z.regex(/^[1-9]\d*$/, { error: 'it must be seconds, as a whole number' }));

const specified = z.strictObject({
  ...policyShape,
  ref: filled,
  timeout: z.optional(seconds),
  ignoreError: always('true'),
  ociMediatypes: always('true'),
  imageManifest: always('true'),
});

export function settingsOf(options: RegistryCacheOptions): RegistryCacheSettings {
  const read = pluginOptions(given, options, 'registry-cache');
  return settings(read.repository, policyOf(read, read.read ?? true, read.write ?? true), read.timeout ?? usualTimeout);
}

export function settingsOfUse({ from, to }: CacheUse): RegistryCacheSettings {
  const looked = from && specOptions(specified, from);
  const left = to && specOptions(specified, to);
  // What is dropped is said where it is written, what is too old where it is read.
  const options = { ...looked, ...left, ...(looked?.maxAge !== undefined && { maxAge: looked.maxAge }) };
  return settings(
    (left ?? looked!).ref,
    policyOf(options, looked !== undefined, left !== undefined),
    Number(options.timeout ?? usualTimeout),
  );
}

function settings(ref: string, policy: CachePolicy, timeout: number): RegistryCacheSettings {
  const reference = withDefaultTag(parseReference(ref));
  const text = familiarReference(reference);
  if (policy.writes && reference.digest) throw problem('DIGEST_WRITTEN', { reference: text });
  return { reference, text, place: `${reference.registry}/${reference.repository}`, policy, timeout };
}
