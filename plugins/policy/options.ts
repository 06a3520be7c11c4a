import * as z from 'zod/mini';
import { bytesOf } from './bytes-of.ts';

const level = z.enum(['deny', 'warn']);
export type Level = z.output<typeof level>;

/** A rule is a level, or `false` where it does not hold. */
const rule = z.union([level, z.literal(false)]);
const denied = z._default(level, 'deny');

const size = z.union([
  z.int().check(z.positive()),
  z.string().check(z.refine((text) => bytesOf(text) !== undefined, 'it must be a size: 200MB, 1.5GiB')),
]);

const text = z.string().check(z.minLength(1));
const names = z.readonly(z.array(text));
const some = z.readonly(z.array(text).check(z.minLength(1)));

const forbidden = z.strictObject({
  /** `ADD`, `RUN`, …; absent: any. */
  instruction: z.optional(z.string()),
  /** What the instruction's line holds, as written or with its variables put in; absent: anything. */
  matching: z.optional(z.instanceof(RegExp)),
  /** A reason, without a full stop. */
  because: z.optional(z.string()),
  level: denied,
});
export type Forbidden = z.output<typeof forbidden>;

/** An ADD from elsewhere without a digest that it has to have. */
const remoteAdd: Forbidden = {
  instruction: 'ADD',
  matching: /^(?!.*\s--checksum=).*\s(?:https?|git|ssh):\/\//i,
  because: 'what a URL gives may change; add --checksum=sha256:…',
  level: 'deny',
};

export const policyOptions = z.strictObject({
  /** Policies of different names hold side by side; a nearer one of the same name takes the place of the other. */
  name: z.optional(z.string().check(z.regex(/^[\w.-]+$/, 'it must be letters, digits, dots and dashes'))),
  /** Bases and images that are copied from are named with a digest. */
  pinnedBases: z._default(rule, 'deny'),
  /** Those that need none: `registry.example/base`. */
  trusted: z._default(names, []),
  /** The only places images may come from: `registry.example`, `docker.io/library`. */
  registries: z.optional(z.union([some, z.strictObject({ allow: some, level: denied })])),
  /** Images run as somebody else than root. */
  noRoot: z._default(rule, 'deny'),
  /** Of all layers of an image, compressed as they are pushed. */
  maxSize: z.optional(z.union([size, z.strictObject({ size, level: denied })])),
  /** Instructions that may not be used; default: ADD of a URL without a checksum. */
  forbid: z._default(z.readonly(z.array(forbidden)), [remoteAdd]),
  /** Labels that an image has to have. */
  labels: z.optional(z.union([some, z.strictObject({ names: some, level: denied })])),
});

export type PolicyOptions = z.input<typeof policyOptions>;
export type PolicyRules = z.output<typeof policyOptions>;
