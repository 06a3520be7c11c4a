import * as z from 'zod/mini';
import { pluginOptions, type CacheBounds, type CacheSpec, type OptionsSchema } from '../../core/index.ts';

/** How a cache is used, whatever it lies on. */
export interface CachePolicy {
  /** Are steps looked up there? */
  readonly reads: boolean;
  /** Are steps left there? */
  readonly writes: boolean;
  /** `min`: only layers that go into an image are left there. */
  readonly mode: 'min' | 'max';
  /** Milliseconds since a layer was made, after which it counts as unknown. */
  readonly maxAge?: number;
  /** What is dropped as the cache is written. */
  readonly bounds: CacheBounds;
}

/** Milliseconds: what nobody used for a month goes. */
const usualUnused = 30 * 86_400_000;

const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** Milliseconds of `90s`, `336h`, `14d`. */
function parseAge(text: string): number | undefined {
  const match = /^(\d+)([smhdw])$/.exec(text);
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] * 1000 : undefined;
}

/** Bytes of `500MB`, `10g`, `2GiB`; decimal unless an `i` says otherwise. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(i?)b?$/i.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * (match[3] ? 1024 : 1000) ** ' kmgt'.indexOf(match[2]!.toLowerCase() || ' '));
}

const age = z
  .string()
  .check(z.refine((text) => parseAge(text) !== undefined, { error: 'it must be an age: 12h, 14d, 4w' }));
const size = z.string().check(z.refine((text) => parseSize(text) !== undefined, { error: 'it must be a size: 10GB' }));

/** Options that every cache has. */
export const policyShape = {
  mode: z.optional(z.enum(['min', 'max'])),
  maxAge: z.optional(age),
  maxUnused: z.optional(age),
  maxSize: z.optional(size),
};

export interface PolicyOptions {
  readonly mode?: 'min' | 'max' | undefined;
  readonly maxAge?: string | undefined;
  readonly maxUnused?: string | undefined;
  readonly maxSize?: string | undefined;
}

export function policyOf(options: PolicyOptions, reads: boolean, writes: boolean): CachePolicy {
  const { mode = 'max', maxAge, maxUnused, maxSize } = options;
  return {
    reads,
    writes,
    mode,
    ...(maxAge !== undefined && { maxAge: parseAge(maxAge)! }),
    bounds: {
      maxUnused: maxUnused === undefined ? usualUnused : parseAge(maxUnused)!,
      ...(maxSize !== undefined && { maxBytes: parseSize(maxSize)! }),
    },
  };
}

/** Options of buildx that say what is always so; another value is refused rather than not heard. */
export const always = (value: string): z.ZodMiniOptional<z.ZodMiniType<string>> =>
  z.optional(z.string().check(z.refine((given) => given === value, { error: `it can only be ${value}` })));

/** The options of `--cache-from` or `--cache-to`; names may be written as buildx does (`max-age`, `endpoint_url`) or as TypeScript does. */
export function specOptions<Options>(schema: OptionsSchema<Options>, { type, options }: CacheSpec): Options {
  const named = options.map(([name, value]) => [
    name.replace(/[-_]([a-z])/g, (_, it: string) => it.toUpperCase()),
    value,
  ]);
  return pluginOptions(schema, Object.fromEntries(named), `type=${type}`);
}

/** Is a record too old to be used? `created` is RFC 3339. */
export const isTooOld = (created: string, { maxAge }: CachePolicy, now: Date): boolean =>
  maxAge !== undefined && Date.parse(created) + maxAge < now.getTime();
