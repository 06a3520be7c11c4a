import { definePreset, pluginOptions, type CacheSetting, type ConfigLayer, type GitFacts } from '../core/index.ts';
import type { CiFacts } from './ci/facts.ts';
import { originOf } from './ci/labels.ts';
import { ciOptions, type CiOptions } from './ci/options.ts';
import { readFacts } from './ci/providers.ts';
import { tagsOf } from './ci/tags.ts';

export type { CiOptions } from './ci/options.ts';

/**
 * In a job of GitHub Actions, GitLab CI, Jenkins or Tekton: tags after version, branch, change and commit, labels and
 * annotations that tell where the image comes from, a cache in a registry. Anywhere else: nothing.
 */
export const ci = definePreset((given: CiOptions): ConfigLayer => {
  const options = pluginOptions(ciOptions, given, 'ci');
  const told = readFacts(options.env, options.provider);
  if (!told) return { name: 'ci' };
  const facts = options.git ? completed(told, options.git) : told;
  const isChange = facts.change !== undefined;
  const tags = tagsOf(facts, { kinds: options.tags, latest: options.latest });
  const [version] = tagsOf(facts, { kinds: ['version', 'change', 'branch'], latest: false });
  const repository = options.repository ?? facts.repository;
  return {
    name: 'ci',
    ...(options.cache !== undefined && { settings: cacheSettings(options.cache, isChange) }),
    defaults: {
      ...toldIn(options.origin, originOf(facts, version)),
      ...(typeof repository === 'string' && { tags: adding(namesIn(repository, tags)) }),
      ...(options.push !== false && { push: options.push === 'always' || !isChange }),
    },
    ...(typeof repository === 'object' && {
      images: Object.fromEntries(
        Object.entries(repository).map(([image, place]) => [image, { tags: adding(namesIn(place, tags)) }]),
      ),
    }),
  };
});

const namesIn = (repository: string, tags: readonly string[]): readonly string[] =>
  tags.map((tag) => `${repository}:${tag}`);

const adding =
  <T>(items: readonly T[]) =>
  (inherited: readonly T[]): readonly T[] => [...inherited, ...items];

/** What has not been reviewed takes from the cache and puts nothing into it. */
function cacheSettings(ref: string, isChange: boolean): NonNullable<ConfigLayer['settings']> {
  const cache: CacheSetting = { type: 'registry', ref };
  return {
    cacheFrom: adding<string | CacheSetting>([cache]),
    ...(!isChange && { cacheTo: adding<string | CacheSetting>([{ ...cache, mode: 'max' }]) }),
  };
}

const toldIn = (
  where: 'labels' | 'annotations' | 'both' | 'none',
  origin: Readonly<Record<string, string>>,
): Pick<NonNullable<ConfigLayer['defaults']>, 'labels' | 'annotations'> => ({
  ...((where === 'labels' || where === 'both') && { labels: origin }),
  ...((where === 'annotations' || where === 'both') && { annotations: origin }),
});

/** What the CI does not say, as git says it. */
function completed(facts: CiFacts, git: GitFacts): CiFacts {
  const isNamed = facts.branch ?? facts.tag ?? facts.change;
  const tag = isNamed === undefined ? git.tag : undefined;
  const seconds = facts.committed === undefined ? git.commitTime : undefined;
  return {
    ...facts,
    commit: facts.commit ?? git.commit,
    ...(isNamed === undefined && (tag !== undefined ? { tag } : { branch: git.branch })),
    ...(seconds !== undefined && { committed: new Date(seconds * 1000).toISOString() }),
  };
}
