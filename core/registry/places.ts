import type { RegistryAccesses } from '../contract/registry-access.ts';

/** A repository of a registry. */
export interface Place {
  readonly registry: string;
  readonly repository: string;
  /** Another place can be asked where this one fails: it is not tried for long. */
  readonly isMirror?: true;
}

/** `host/repository`, as a layer remembers it. */
export const placeText = ({ registry, repository }: Place): string => `${registry}/${repository}`;

export function parsePlace(at: string): Place {
  const cut = at.indexOf('/');
  return { registry: at.slice(0, cut), repository: at.slice(cut + 1) };
}

/**
 * All places a pull may be answered from, the registry itself last, unless it is not to be asked. Of a registry and its
 * parts (`registry.example/team`) the longest that fits says where.
 */
export function pullPlaces(origin: Place, registries: RegistryAccesses): readonly Place[] {
  const text = placeText(origin);
  const [prefix, access] = fitting(text, registries);
  const mirrors = access?.mirrors ?? [];
  if (mirrors.length === 0) return [origin];
  const rest = text.slice(prefix.length);
  const copies = mirrors.map((mirror) => parsePlace(`${mirror.replace(/\/$/, '')}${rest}`));
  const fallback = access?.fallback ?? registries.get('*')?.fallback ?? true;
  const places = fallback ? [...copies, { registry: origin.registry, repository: origin.repository }] : copies;
  return places.map((place, at) => (at < places.length - 1 ? { ...place, isMirror: true } : place));
}

function fitting(text: string, registries: RegistryAccesses) {
  for (let prefix = text; prefix !== ''; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')))) {
    const access = registries.get(prefix);
    if (access?.mirrors !== undefined) return [prefix, access] as const;
  }
  return ['', undefined] as const;
}
