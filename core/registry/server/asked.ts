import type { IncomingHttpHeaders } from 'node:http';

/** A request as the handlers see it. */
export interface Asked {
  readonly method: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What a path of the distribution protocol names. */
export type Target =
  | { readonly kind: 'ping' | 'catalog' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'manifest' | 'blob' | 'upload'; readonly repository: string; readonly name: string };

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryShape = new RegExp(`^${component}(?:/${component})*$`);
const tagShape = /^\w[\w.-]{0,127}$/;

export const isRepository = (name: string): boolean => name.length <= 255 && repositoryShape.test(name);
export const isTag = (name: string): boolean => tagShape.test(name);

/** Repository names hold slashes, so paths are read from their end; `undefined`: no path of the protocol. */
export function parseTarget(path: string): Target | undefined {
  if (path === '/v2/' || path === '/v2') return { kind: 'ping' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/?([^/]*)$/.exec(path);
  if (upload) return { kind: 'upload', repository: upload[1]!, name: upload[2]! };
  const named = /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(path);
  if (!named) return undefined;
  const [, repository = '', what, name = ''] = named;
  if (what === 'tags') return name === 'list' ? { kind: 'tags', repository } : undefined;
  return { kind: what === 'blobs' ? 'blob' : 'manifest', repository, name: decode(name) };
}

/** Clients may escape the colon of a digest. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
