/**
 * A server of one file for what nginx does not do: bearer tokens, files that change at a chosen moment, redirects that
 * watch for credentials. Strict: what a careful client would not send is answered with 400.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface FileServerOptions {
  /** Wanted as `Authorization: Bearer …`. */
  readonly token?: string;
  /** Any `Authorization` is a leak. */
  readonly anonymous?: boolean;
  /** Answers in place of the file, in order, until there are no more. */
  readonly answers?: readonly { readonly status: number; readonly headers?: Readonly<Record<string, string>> }[];
  /** The tag is weak. */
  readonly weak?: boolean;
}

export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What is served from now on. */
  put(bytes: Buffer): void;
  /** `GET 206`, in order, also where the answer was not read to its end. */
  requests(): readonly string[];
}

export async function startFileServer(first: Buffer, options: FileServerOptions = {}): Promise<FileServer> {
  let bytes = first;
  const records: string[] = [];
  const answers = [...(options.answers ?? [])];
  const server = createServer((request, response) => {
    const answer = answers.shift();
    if (answer) response.writeHead(answer.status, answer.headers).end();
    else serve(request, response, bytes, options);
    records.push(`${request.method} ${response.statusCode}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/file`,
    port,
    put: (next) => void (bytes = next),
    requests: () => records,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(request: IncomingMessage, response: ServerResponse, bytes: Buffer, options: FileServerOptions): void {
  const { authorization, range } = request.headers;
  const ifRange = request.headers['if-range'] as string | undefined;
  const end = (status: number, headers: Record<string, string> = {}, body: Buffer | string = ''): void =>
    void response.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body);
  if (options.anonymous && authorization !== undefined) return end(400);
  if (options.token !== undefined && authorization !== `Bearer ${options.token}`)
    return end(401, { 'www-authenticate': 'Bearer realm="files"' });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const etag = options.weak ? `W/"${hash}"` : `"${hash}"`;
  if (request.headers['accept-encoding'] !== 'identity') return end(400);
  if (request.headers['if-none-match'] === etag) return end(304, { etag });
  if (range === undefined) return end(200, { etag }, bytes);
  // Without the tag, or with a weak one, the rest of another file might be asked for.
  if (ifRange === undefined || ifRange.startsWith('W/')) return end(400);
  if (ifRange !== etag) return end(200, { etag }, bytes);
  const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 'NaN');
  if (!(from < bytes.length)) return end(416);
  return end(206, { etag, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }, bytes.subarray(from));
}
