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
import { serverShape, type ServerOptions } from '../shared/s3/options.ts';
import { problem } from './problems.ts';

export interface S3CacheOptions extends PolicyOptions, ServerOptions {
  readonly bucket: string;
  /** What the keys of all objects of the cache begin with; a slash after it is added. */
  readonly prefix?: string | undefined;
  /** Requests at a time for one large layer; default: 4. */
  readonly parallel?: number | undefined;
  /** Look steps up; default: yes. */
  readonly read?: boolean | undefined;
  /** Leave steps there; default: yes. */
  readonly write?: boolean | undefined;
  /** Seconds until a cache that does not answer is done without; default: 20. */
  readonly timeout?: number | undefined;
}

/** A cache as its options mean it. */
export interface S3CacheSettings {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  readonly server: ServerOptions;
  readonly policy: CachePolicy;
  readonly parallel: number;
  /** Seconds. */
  readonly timeout: number;
}

const usualTimeout = 20;
const usualLanes = 4;
const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

const given = z.strictObject({
  ...policyShape,
  ...serverShape,
  bucket: filled,
  prefix: z.optional(z.string()),
  parallel: z.optional(z.int().check(z.minimum(1), z.maximum(64))),
  read: z.optional(z.boolean()),
  write: z.optional(z.boolean()),
  timeout: z.optional(z.number().check(z.positive({ error: 'it must be more than 0' }))),
});

const count = z.string().check(z.regex(/^[1-9]\d{0,5}$/, { error: 'it must be a whole number' }));
const flag = z.enum(['true', 'false']);

const specified = z.strictObject({
  ...policyShape,
  bucket: filled,
  prefix: z.optional(z.string()),
  region: z.optional(filled),
  endpointUrl: z.optional(filled),
  usePathStyle: z.optional(flag),
  profile: z.optional(filled),
  uploadParallelism: z.optional(count),
  timeout: z.optional(count),
  ignoreError: always('true'),
});

export function settingsOf(options: S3CacheOptions): S3CacheSettings {
  const read = pluginOptions<S3CacheOptions>(given, options, 's3-cache');
  return settled(read, policyOf(read, read.read ?? true, read.write ?? true));
}

/** Options of buildx that hold secrets: what stands in a command line everybody on the machine can read. */
const secret = new Set(['accesskeyid', 'secretaccesskey', 'sessiontoken']);

export function settingsOfUse({ from, to }: CacheUse): S3CacheSettings {
  for (const [name] of [...(from?.options ?? []), ...(to?.options ?? [])])
    if (secret.has(name.replaceAll(/[-_]/g, '').toLowerCase())) throw problem('SECRET_WRITTEN', { name });
  const looked = from && specOptions(specified, from);
  const left = to && specOptions(specified, to);
  // What is dropped is said where it is written, what is too old where it is read.
  const options = { ...looked, ...left!, ...(looked?.maxAge !== undefined && { maxAge: looked.maxAge }) };
  const { endpointUrl: endpoint, usePathStyle, uploadParallelism, timeout } = options;
  return settled(
    {
      ...options,
      endpoint,
      pathStyle: usePathStyle === undefined ? undefined : usePathStyle === 'true',
      parallel: uploadParallelism === undefined ? undefined : Number(uploadParallelism),
      timeout: timeout === undefined ? undefined : Number(timeout),
    },
    policyOf(options, looked !== undefined, left !== undefined),
  );
}

function settled(options: S3CacheOptions, policy: CachePolicy): S3CacheSettings {
  const { bucket, prefix = '', region, endpoint, pathStyle, profile, parallel, timeout } = options;
  return {
    bucket,
    prefix: tidy(prefix),
    server: { region, endpoint, pathStyle, profile },
    policy,
    parallel: parallel ?? usualLanes,
    timeout: timeout ?? usualTimeout,
  };
}

/** No slash before it, one after it. */
const tidy = (prefix: string): string => prefix.replace(/^\/+|\/+$/g, '').replace(/.$/s, '$&/');

/** The place of a spec; the rest of it is looked at when the cache is opened. */
export function placeOf({ options }: CacheSpec): string {
  const named = new Map(options.map(([name, value]) => [name.replaceAll(/[-_]/g, '').toLowerCase(), value]));
  return `${named.get('endpointurl') ?? ''} ${named.get('bucket') ?? ''}/${tidy(named.get('prefix') ?? '')}`;
}
