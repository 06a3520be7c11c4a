import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Digest } from '../../base/brand.ts';
import { problem } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { isLoopback } from '../proxies.ts';
import { refusalFor } from './access.ts';
import { json, refuse, type Answer } from './answer.ts';
import { isRepository, parseTarget, type Asked } from './asked.ts';
import { answerBlob } from './blobs.ts';
import { answerManifest } from './manifests.ts';
import { answerCatalog, answerTags } from './names.ts';
import type { Shelf } from './shelf.ts';
import { respond } from './respond.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface ServeOptions {
  readonly store: Shelf['store'];
  /** Address to listen on; absent: 127.0.0.1. */
  readonly host?: string;
  /** Absent or 0: a free one. */
  readonly port?: number;
  /** Needed for writes, as a bearer token or as the password of anybody. */
  readonly token?: Secret;
  readonly deletes?: boolean;
  /** Brings a blob that lies elsewhere to the store; says whether it is there now. */
  readonly fetch?: (digest: Digest) => Promise<boolean>;
  /** Told after each answer. */
  readonly log?: (request: ServedRequest) => void;
}

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** What went wrong on our side. */
  readonly error?: unknown;
}

export interface ServedRegistry extends AsyncDisposable {
  readonly url: string;
  /** `127.0.0.1:5000`, as in references. */
  readonly host: string;
  close(): Promise<void>;
}

/** Serves the images of a store as an OCI distribution registry; takes pushes into it. */
export async function serveRegistry(options: ServeOptions): Promise<ServedRegistry> {
  const { createServer } = await import('node:http');
  const { store, fetch, deletes = false } = options;
  const shelf: Shelf = { store, deletes, ...(fetch ? { fetch } : {}) };
  const uploads = createUploads(shelf);
  const server = createServer((request, response) => {
    void handle(options, shelf, uploads, request, response);
  });
  // A large upload takes as long as it takes.
  server.requestTimeout = 0;
  const address = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0);
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await uploads.close();
  };
  const host = `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  return { url: `http://${host}`, host, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(problem('PORT_NOT_AVAILABLE', { host, port, reason: cause.code ?? cause.message }, {}, { cause })),
    );
    server.listen({ host, port }, () => resolve(server.address() as AddressInfo));
  });
}

async function handle(
  options: ServeOptions,
  shelf: Shelf,
  uploads: Uploads,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const begun = performance.now();
  const method = request.method ?? 'GET';
  const path = request.url ?? '/';
  let error: { error: unknown } | undefined;
  try {
    const answer = await route(options, shelf, uploads, request, method, path);
    await respond(request, response, answer);
  } catch (thrown) {
    error = { error: thrown };
    if (response.headersSent) response.destroy();
    else
      await respond(request, response, refuse(500, 'UNKNOWN', 'the registry failed')).catch(() => response.destroy());
  }
  options.log?.({ method, path, status: response.statusCode, ms: performance.now() - begun, ...error });
}

async function route(
  options: ServeOptions,
  shelf: Shelf,
  uploads: Uploads,
  request: IncomingMessage,
  method: string,
  path: string,
): Promise<Answer> {
  const url = URL.parse(path, 'http://registry');
  const target = url && parseTarget(url.pathname);
  if (!url || !target) return refuse(404, 'UNSUPPORTED', 'no such path');
  const asked: Asked = { method, target, query: url.searchParams, headers: request.headers, body: request };
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const refused = refusalFor(asked, isLoopback(peer), options.token);
  if (refused) return refused;
  if ('repository' in target && !isRepository(target.repository))
    return refuse(400, 'NAME_INVALID', 'the name of the repository is not valid');
  switch (target.kind) {
    case 'ping':
      return json({});
    case 'catalog':
      return answerCatalog(shelf, asked);
    case 'tags':
      return answerTags(shelf, asked, target.repository);
    case 'manifest':
      return answerManifest(shelf, asked, target.repository, target.name);
    case 'blob':
      return answerBlob(shelf, asked, target.name);
    case 'upload':
      return uploads.answer(asked, target.repository, target.name);
  }
}
