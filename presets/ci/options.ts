import * as z from 'zod/mini';
import { parseReference, type Env, type GitFacts } from '../../core/index.ts';
import { tagKinds } from './tags.ts';

const repository = z
  .string()
  .check(z.refine(isRepository, 'it must be a repository without a tag: registry.example/team/app'));

const isObject = (it: unknown): boolean => typeof it === 'object' && it !== null;

export const ciOptions = z.strictObject({
  /** The environment, as the config is given it: `defineConfig(({ env }) => …)`. */
  env: z.custom<Env>(isObject, 'it must be the env that a config is given'),
  /** The repository's facts, likewise: what the CI does not tell is taken from here. */
  git: z.optional(z.custom<GitFacts>(isObject, 'it must be the git that a config is given')),
  /** Default: found by its variables. */
  provider: z.optional(z.enum(['github', 'gitlab', 'jenkins', 'tekton', 'none'])),
  /** Where the image goes; of several images each by its name. Default: where GitHub and GitLab keep a project's images. */
  repository: z.optional(z.union([repository, z.readonly(z.record(z.string(), repository))])),
  /** Which tags an image gets. */
  tags: z._default(z.readonly(z.array(z.enum(tagKinds))), tagKinds),
  /** Do released versions get `latest` too? */
  latest: z._default(z.boolean(), true),
  /** Push every tag. Pull and merge requests are built and not pushed, unless it is `'always'`. */
  push: z._default(z.union([z.boolean(), z.literal('always')]), false),
  /** Repository of a registry that holds the cache of steps. Pull and merge requests read it and do not write it. */
  cache: z.optional(repository),
  /** Where it is told what the image is of. */
  origin: z._default(z.enum(['labels', 'annotations', 'both', 'none']), 'both'),
});

export type CiOptions = z.input<typeof ciOptions>;

function isRepository(text: string): boolean {
  try {
    const { tag, digest } = parseReference(text);
    return tag === undefined && digest === undefined;
  } catch {
    return false;
  }
}
