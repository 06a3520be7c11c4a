import { isDigest } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { Reference } from './image.ts';

/** Docker Hub, and the place of its official images. */
const defaultRegistry = 'docker.io';
const officialPrefix = 'library/';

// The grammar is that of the distribution project's package `reference`.
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const registryShape = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::(?<port>\\d{1,5}))?$`);
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryShape = new RegExp(`^${component}(?:/${component})*$`);
const tagShape = /^\w[\w.-]{0,127}$/;
const longestRepository = 255;

/** `debian`, `debian:12`, `ghcr.io/team/app@sha256:…`; registry and `library/` are filled in as docker does. */
export function parseReference(text: string): Reference {
  const invalid = (reason: string) => problem('REFERENCE_INVALID', { text, reason });
  if (text === '') throw invalid('it is empty');
  if (text !== text.trim()) throw invalid('it has blanks around it');
  if (/^[a-z]+:\/\//i.test(text)) throw invalid('it is a URL; leave out what stands before the host');
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw invalid('what follows the @ is no sha256 digest');
  const named = at === -1 ? text : text.slice(0, at);
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagShape.test(tag)) throw invalid(`"${tag}" is no tag`);
  const { registry, repository } = splitName(colon === -1 ? named : named.slice(0, colon));
  const port = registryShape.exec(registry);
  if (!port || Number(port.groups?.['port'] ?? 0) > 65_535) throw invalid(`"${registry}" is no registry host`);
  if (/^[0-9a-f]{64}$/.test(repository)) throw invalid('it looks like the id of an image');
  if (!repositoryShape.test(repository))
    throw invalid(/[A-Z]/.test(repository) ? 'repository names are lower case' : `"${repository}" is no repository`);
  if (repository.length > longestRepository) throw invalid(`the repository has more than ${longestRepository} chars`);
  return { registry, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The part before the first slash is a registry when it cannot be part of a Hub name: a dot, a port, localhost. */
function splitName(name: string): Pick<Reference, 'registry' | 'repository'> {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost ? first : defaultRegistry;
  const repository = isHost ? name.slice(slash + 1) : name;
  if (registry !== defaultRegistry && registry !== 'index.docker.io') return { registry, repository };
  const official = !repository.includes('/') && !/^[0-9a-f]{64}$/.test(repository);
  return { registry: defaultRegistry, repository: official ? officialPrefix + repository : repository };
}

/** With the tag `latest` when it has neither tag nor digest. */
export const withDefaultTag = (reference: Reference): Reference =>
  reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;

/** In full: `docker.io/library/debian:12`. */
export const printReference = (reference: Reference): string =>
  `${reference.registry}/${reference.repository}${suffixOf(reference)}`;

/** As people write it: `debian:12`. */
export function familiarReference(reference: Reference): string {
  if (reference.registry !== defaultRegistry) return printReference(reference);
  const { repository } = reference;
  const official = repository.startsWith(officialPrefix) && !repository.slice(officialPrefix.length).includes('/');
  return `${official ? repository.slice(officialPrefix.length) : repository}${suffixOf(reference)}`;
}

const suffixOf = ({ tag, digest }: Reference): string =>
  `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
