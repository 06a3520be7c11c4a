import { z } from 'zod';
import { bytesOf } from './bytes-of.ts';

const level = z.enum(['deny', 'warn']);
export type Level = z.output<typeof level>;

/** A rule is a level, or `false` where it does not hold. */
const rule = z.union([level, z.literal(false)]);

const size = z.union([
  z.number().int().positive(),
  z.string().refine((text) => bytesOf(text) !== undefined, 'it must be a size: 200MB, 1.5GiB'),
]);

const names = z.array(z.string().min(1)).readonly();
const some = z.array(z.string().min(1)).min(1).readonly();

const forbidden = z.strictObject({
  /** `ADD`, `RUN`, …; absent: any. */
  instruction: z.string().optional(),
  /** What the instruction's line holds, as written or with its variables put in; absent: anything. */
  matching: z.instanceof(RegExp).optional(),
  /** A reason, without a full stop. */
  because: z.string().optional(),
  level: level.default('deny'),
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
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'it must be letters, digits, dots and dashes')
    .optional(),
  /** Bases and images that are copied from are named with a digest. */
  pinnedBases: rule.default('deny'),
  /** Those that need none: `registry.example/base`. */
  trusted: names.default([]),
  /** The only places images may come from: `registry.example`, `docker.io/library`. */
  registries: z.union([some, z.strictObject({ allow: some, level: level.default('deny') })]).optional(),
  /** Images run as somebody else than root. */
  noRoot: rule.default('deny'),
  /** Of all layers of an image, compressed as they are pushed. */
  maxSize: z.union([size, z.strictObject({ size, level: level.default('deny') })]).optional(),
  /** Instructions that may not be used; default: ADD of a URL without a checksum. */
  forbid: z.array(forbidden).readonly().default([remoteAdd]),
  /** Labels that an image has to have. */
  labels: z.union([some, z.strictObject({ names: some, level: level.default('deny') })]).optional(),
});

export type PolicyOptions = z.input<typeof policyOptions>;
export type PolicyRules = z.output<typeof policyOptions>;
