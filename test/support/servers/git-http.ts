/** Real `git http-backend` behind a bridge from HTTP to CGI, with logins, TLS, redirects, LFS and a record of requests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { ensurePackages } from '../packages.ts';
import { cleanEnv } from '../process.ts';
import type { Authority, Certificate } from './certificates.ts';
import { answerLfs } from './git-lfs.ts';

export interface GitHttpOptions {
  /** Holds the repositories: `app.git`, … */
  readonly root: string;
  /** Who may read; absent: everybody. */
  readonly login?: GitLogin;
  /** Repositories that everybody may read all the same. */
  readonly open?: readonly string[];
  /** HTTPS with a certificate of this authority; `client`: and only with one of its client certificates. */
  readonly tls?: { readonly authority: Authority; readonly client?: boolean };
  /** Speak as servers did before protocol 2: commits without a name are not given out. */
  readonly old?: boolean;
  /** Holds the objects of Git LFS. */
  readonly lfs?: string;
}

export interface GitLogin {
  readonly basic?: { readonly username: string; readonly password: string };
  readonly bearer?: string;
}

export interface GitRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** Of the answer. */
  status: number;
}

export interface GitHttpServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  requests(): readonly GitRequest[];
  clearRequests(): void;
  /** Send all who ask below this path elsewhere; `undefined`: nobody any more. */
  redirect(from: string, to: string | undefined): void;
  /** Answer so many requests with this status before any is served. */
  fail(times: number, status: number): void;
  stop(): Promise<void>;
}

export async function startGitHttp(options: GitHttpOptions): Promise<GitHttpServer> {
  await ensurePackages(['git']);
  let requests: GitRequest[] = [];
  const redirects = new Map<string, string>();
  const failing = { times: 0, status: 500 };
  const answer: RequestListener = (request, response) => {
    const { method = '', url: path = '' } = request;
    const { authorization } = request.headers;
    const noted: GitRequest = { method, path, authorization, status: 0 };
    requests.push(noted);
    response.once('close', () => (noted.status = response.statusCode));
    const moved = [...redirects].find(([from]) => path.startsWith(from));
    if (failing.times > 0) {
      failing.times -= 1;
      response.writeHead(failing.status).end();
    } else if (moved) response.writeHead(302, { location: `${moved[1]}${path.slice(moved[0].length)}` }).end();
    else if (!mayRead(options, path, authorization))
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else if (options.lfs !== undefined && /\/info\/lfs\/|^\/lfs-objects\//.test(path))
      void answerLfs(options.lfs, request, response);
    else serve(options, request, response);
  };
  const server = options.tls ? await tlsServer(options.tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests: () => requests,
    clearRequests: () => (requests = []),
    redirect: (from, to) => void (to === undefined ? redirects.delete(from) : redirects.set(from, to)),
    fail: (times, status) => void Object.assign(failing, { times, status }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function tlsServer({ authority, client }: NonNullable<GitHttpOptions['tls']>, answer: RequestListener) {
  const files: Certificate = await authority.issue(`git-${Math.random().toString(36).slice(2)}`, {
    hosts: ['localhost', '127.0.0.1'],
  });
  const [cert, key, ca] = await Promise.all(
    [files.certFile, files.keyFile, authority.caFile].map((it) => readFile(it)),
  );
  return createTlsServer({ cert, key, ca, requestCert: client === true, rejectUnauthorized: client === true }, answer);
}

function mayRead({ login, open = [] }: GitHttpOptions, path: string, authorization: string | undefined): boolean {
  if (!login || open.includes(path.split('/')[1] ?? '')) return true;
  const { basic, bearer } = login;
  const known = [
    basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`,
    bearer !== undefined && `Bearer ${bearer}`,
  ];
  return authorization !== undefined && known.includes(authorization);
}

function serve({ root, old }: GitHttpOptions, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', 'http://x');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const length = request.headers['content-length'];
  const child = spawn('git', ['http-backend'], {
    env: cleanEnv({
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      // The files belong to whoever runs the tests, who need not be who serves them.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? '',
      CONTENT_TYPE: header('content-type'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
      ...(old !== true && { GIT_PROTOCOL: header('git-protocol') }),
      ...(length !== undefined && { CONTENT_LENGTH: length }),
    }),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  response.once('close', () => child.kill());
  passOn(child.stdout, response);
}

/** A CGI program writes headers, an empty line, and the body. */
function passOn(output: NodeJS.ReadableStream, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  output.on('data', (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const headers = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const);
    const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1];
    const others = headers.filter(([name]) => name.toLowerCase() !== 'status');
    response.writeHead(Number.parseInt(status ?? '200', 10), Object.fromEntries(others));
    response.write(head.subarray(end + 4));
  });
  output.on('end', () => response.end());
}
