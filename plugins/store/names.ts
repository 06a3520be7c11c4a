import { parseReference, type Reference } from '../../core/index.ts';

/** The name an image has in the store: as people write it, always with a tag: `whoami:latest`. */
export function storeName(text: string): string {
  return storeNameOf(parseReference(text));
}

export function storeNameOf(reference: Reference): string {
  const { registry, repository, tag } = reference;
  const name = registry === 'docker.io' ? repository.replace(/^library\//, '') : `${registry}/${repository}`;
  return `${name}:${tag ?? 'latest'}`;
}
