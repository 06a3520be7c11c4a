import { BuildError } from '../base/errors.ts';

/** A repository of a registry. */
export interface Place {
  readonly registry: string;
  readonly repository: string;
}

/** Registry → where to pull from first: `mirror.example`, `mirror.example/prefix`. Never pushed to. */
export type Mirrors = ReadonlyMap<string, readonly string[]>;

/** `host/repository`, as a layer remembers it. */
export const placeText = ({ registry, repository }: Place): string => `${registry}/${repository}`;

export function parsePlace(at: string): Place {
  const cut = at.indexOf('/');
  return { registry: at.slice(0, cut), repository: at.slice(cut + 1) };
}

/** All places a pull may be answered from, the registry itself last. */
export function pullPlaces({ registry, repository }: Place, mirrors: Mirrors): Place[] {
  const copies = (mirrors.get(registry) ?? []).map((mirror) =>
    parsePlace(`${mirror.replace(/\/$/, '')}/${repository}`),
  );
  return [...copies, { registry, repository }];
}

/** Mirrors help or are passed over: only the last place's failure is told. */
export async function firstPlace<T>(
  places: readonly Place[],
  signal: AbortSignal,
  ask: (place: Place) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const [at, place] of places.entries()) {
    if (at === places.length - 1) return ask(place);
    try {
      const answer = await ask(place);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (signal.aborted || !BuildError.is(error)) throw error;
    }
  }
  return undefined;
}
