import type { CiFacts } from './facts.ts';

export const tagKinds = ['branch', 'version', 'change', 'sha'] as const;
export type TagKind = (typeof tagKinds)[number];

export interface TagOptions {
  readonly kinds: readonly TagKind[];
  /** Does the newest version get `latest` too? */
  readonly latest: boolean;
}

/** Tags of the build, the one that says most first. */
export function tagsOf(facts: CiFacts, { kinds, latest }: TagOptions): readonly string[] {
  const { branch, tag, change, commit } = facts;
  const made: Readonly<Record<TagKind, readonly string[]>> = {
    version: tag === undefined ? [] : versionTags(tag, latest),
    change: change?.number === undefined ? [] : [slug(`${change.kind}-${change.number}`)],
    branch: branch === undefined ? [] : [slug(branch)],
    sha: commit === undefined ? [] : [`sha-${commit.slice(0, shortLength)}`],
  };
  const order: readonly TagKind[] = ['version', 'change', 'branch', 'sha'];
  return [...new Set(order.filter((kind) => kinds.includes(kind)).flatMap((kind) => made[kind]))].filter(Boolean);
}

/** What git itself shortens to in a repository of any size. */
const shortLength = 12;

const semver = /^v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** `v1.2.3`: 1.2.3, 1.2, 1 and latest. Before 1.0 and before a release nothing moves along; other tags stay as they are. */
function versionTags(tag: string, latest: boolean): readonly string[] {
  const [, major, minor, , early] = semver.exec(tag) ?? [];
  const whole = slug(tag.replace(/^v(?=\d+\.\d+\.\d+)/, ''));
  if (major === undefined || early !== undefined) return [whole];
  return [whole, `${major}.${minor}`, ...(major === '0' ? [] : [major]), ...(latest ? ['latest'] : [])];
}

/** As the tag of an image may be: `feature/login` becomes `feature-login`; 128 characters at the most. */
export const slug = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)
    .replace(/-+$/, '');
