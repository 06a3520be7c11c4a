import type { AuthRequest, LoginPlace } from '../core/index.ts';
import type { Invocation } from './command.ts';
import { usageProblem } from './usage.ts';

const hostShape = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const repositoryShape = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
/** Names of Docker Hub besides its own. */
const hub = new Set(['index.docker.io', 'registry-1.docker.io', 'hub.docker.com']);

/**
 * `registry.example:5000`, `registry.example/team`, as docker's users write it also `https://registry.example/v2/`;
 * nothing: Docker Hub.
 */
export function loginPlace(invocation: Invocation): LoginPlace {
  const [word = 'docker.io'] = invocation.words;
  const text = word.replace(/^https?:\/\//i, '').replace(/(\/v[12])?\/*$/, '');
  const cut = text.indexOf('/');
  const host = cut === -1 ? text : text.slice(0, cut);
  const repository = cut === -1 ? undefined : text.slice(cut + 1);
  if (!hostShape.test(host) || (repository !== undefined && !repositoryShape.test(repository)))
    throw usageProblem(invocation, `"${word}" is no registry: it must be HOST, HOST:PORT or HOST/REPOSITORY.`);
  return { registry: hub.has(host) ? 'docker.io' : host, ...(repository !== undefined && { repository }) };
}

/** A question that credentials for the place answer. */
export const requestAt = ({ registry, repository }: LoginPlace): AuthRequest => ({
  registry,
  repository: repository ?? 'any',
  actions: ['pull', 'push'],
});

/** `registry.example/team` */
export const placeText = ({ registry, repository }: LoginPlace): string =>
  repository === undefined ? registry : `${registry}/${repository}`;
