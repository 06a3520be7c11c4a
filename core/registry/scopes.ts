import type { Place } from './places.ts';

export type Action = 'pull' | 'push';

/** What a request needs to be allowed. */
export interface Need extends Place {
  readonly actions: readonly Action[];
  /** Repositories of the same registry that a blob is to be mounted from. */
  readonly mountFrom?: readonly string[];
}

/** `repository:team/app:pull,push` for each repository, as the token services read it; sorted, so equal needs are equal. */
export function scopesOf(need: Need, asked: readonly string[] = []): string[] {
  const wanted = new Map<string, Set<string>>();
  const add = (resource: string, actions: Iterable<string>): void => {
    const known = wanted.get(resource) ?? new Set<string>();
    for (const action of actions) if (action !== '') known.add(action);
    wanted.set(resource, known);
  };
  add(`repository:${need.repository}`, need.actions);
  for (const repository of need.mountFrom ?? []) add(`repository:${repository}`, ['pull']);
  for (const scope of asked) {
    // The name may hold colons (a port); type and actions do not.
    const cut = scope.lastIndexOf(':');
    if (cut > 0) add(scope.slice(0, cut), scope.slice(cut + 1).split(','));
  }
  return [...wanted].map(([resource, actions]) => `${resource}:${[...actions].sort().join(',')}`).sort();
}

/** Does a token for `have` allow all of `want`? */
export function covers(have: readonly string[], want: readonly string[]): boolean {
  return want.every((scope) => {
    const cut = scope.lastIndexOf(':');
    const resource = scope.slice(0, cut + 1);
    const granted = have
      .find((one) => one.startsWith(resource) && one.lastIndexOf(':') === cut)
      ?.slice(cut + 1)
      .split(',');
    return (
      granted !== undefined &&
      scope
        .slice(cut + 1)
        .split(',')
        .every((action) => granted.includes(action))
    );
  });
}
