import { z } from 'zod';
import { parseReference, type Env, type GitFacts } from '../../core/index.ts';
import { tagKinds } from './tags.ts';

const repository = z.string().refine(isRepository, 'it must be a repository without a tag: registry.example/team/app');

export const ciOptions = z.strictObject({
  /** The environment, as the config is given it: `defineConfig(({ env }) => …)`. */
  env: z.custom<Env>((it) => typeof it === 'object' && it !== null, 'it must be the env that a config is given'),
  /** The repository's facts, likewise: what the CI does not tell is taken from here. */
  git: z
    .custom<GitFacts>((it) => typeof it === 'object' && it !== null, 'it must be the git that a config is given')
    .optional(),
  /** Default: found by its variables. */
  provider: z.enum(['github', 'gitlab', 'jenkins', 'tekton', 'none']).optional(),
  /** Where the image goes; of several images each by its name. Default: where GitHub and GitLab keep a project's images. */
  repository: z.union([repository, z.record(z.string(), repository).readonly()]).optional(),
  /** Which tags an image gets. */
  tags: z.array(z.enum(tagKinds)).readonly().default(tagKinds),
  /** Do released versions get `latest` too? */
  latest: z.boolean().default(true),
  /** Push every tag. Pull and merge requests are built and not pushed, unless it is `'always'`. */
  push: z.union([z.boolean(), z.literal('always')]).default(false),
  /** Repository of a registry that holds the cache of steps. Pull and merge requests read it and do not write it. */
  cache: repository.optional(),
  /** Where it is told what the image is of. */
  origin: z.enum(['labels', 'annotations', 'both', 'none']).default('both'),
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
