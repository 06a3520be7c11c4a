/** A reverse proxy before a registry that knows HTTP well enough to break a chosen request in a chosen way. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What is done to a request; bodies are small and held whole. */
export type HttpTrouble =
  /** This answer instead of the server's. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The server behind never hears of it: the connection is reset at once, or after half of the request's body. */
  | 'reset at once'
  | 'reset in the request'
  /** The server has done what was asked; its answer is reset in the status line, or in the body. */
  | 'reset in the head'
  | 'reset in the body'
  /** The connection ends in the body as if that were all. */
  | 'end in the body'
  /** Half of the body, and a Content-Length that agrees. */
  | 'half the body'
  /** One bit of the answer's body, or of the request's, is another one. */
  | 'changed answer'
  | 'changed request'
  /** A few bytes at a time. */
  | 'drip'
  /** Half of the body, and then nothing; or nothing at all. */
  | 'stall in the body'
  | 'stall'
  /** Every token that was given is no longer one. */
  | 'tokens end'
  /** Led to another host, by a redirect; of an upload that begins the place to go on at. */
  | 'elsewhere';

export interface HttpFault {
  /** Over `GET /v2/app/manifests/1`. */
  readonly match: RegExp;
  readonly trouble: HttpTrouble;
  /** How many requests meet it; default: all. */
  readonly times?: number;
}

export interface HttpFaultProxyOptions {
  /** Of the server behind. */
  readonly port: number;
  /** Requests need a token, which alice/s3cret gets; not where nobody is to log in. */
  readonly login?: boolean;
  readonly fault?: HttpFault;
  /** `127.0.0.1:PORT` of another proxy before the same server: where `elsewhere` leads. */
  readonly elsewhere?: string;
}

export interface HttpFaultProxy extends AsyncDisposable {
  readonly host: string;
  /** How many requests met the fault. */
  met(): number;
  /** `GET /v2/…` with the Authorization header it came with, if any. */
  requests(): readonly { readonly line: string; readonly authorization: string | undefined }[];
}

export const proxyLogin = { username: 'alice', password: 's3cret' };

export async function startHttpFaultProxy(options: HttpFaultProxyOptions): Promise<HttpFaultProxy> {
  const seen: { line: string; authorization: string | undefined }[] = [];
  const tokens = new Set<string>();
  let met = 0;
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.on('error', () => {});
    const line = `${request.method} ${request.url}`;
    const { authorization } = request.headers;
    seen.push({ line, authorization });
    if (options.login && request.url?.startsWith('/token')) return giveToken(authorization, tokens, response);
    if (options.login && !tokens.has(authorization ?? '')) return challenge(request, response);
    const { fault } = options;
    const isMet = fault?.match.test(line) === true && met < (fault.times ?? Infinity);
    if (isMet) met += 1;
    await serve(request, response, isMet ? fault.trouble : undefined, options, tokens);
  };
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    met: () => met,
    requests: () => [...seen],
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function giveToken(authorization: string | undefined, tokens: Set<string>, response: ServerResponse): void {
  const { username, password } = proxyLogin;
  if (authorization !== `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`) {
    response.writeHead(401).end();
    return;
  }
  const token = `token-${tokens.size + 1}-${Math.random().toString(36).slice(2)}`;
  tokens.add(`Bearer ${token}`);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }));
}

/** As registries do it: at the head of the request, before its body is read. */
function challenge(request: IncomingMessage, response: ServerResponse): void {
  const realm = `http://${request.headers.host}/token`;
  const headers = { 'www-authenticate': `Bearer realm="${realm}",service="faults"` };
  response.writeHead(401, headers).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  request.resume();
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  trouble: HttpTrouble | undefined,
  options: HttpFaultProxyOptions,
  tokens: Set<string>,
): Promise<void> {
  const { socket } = request;
  if (trouble === 'reset at once') return void socket.resetAndDestroy();
  if (trouble === 'tokens end') {
    tokens.clear();
    return challenge(request, response);
  }
  if (trouble === 'reset in the request') {
    await readSome(request);
    return void socket.resetAndDestroy();
  }
  const body = await readAll(request);
  if (trouble === 'stall') return;
  if (typeof trouble === 'object')
    return send(response, {
      status: trouble.status,
      headers: { ...trouble.headers },
      body: Buffer.from(trouble.body ?? ''),
    });
  if (trouble === 'elsewhere' && request.method !== 'POST')
    return send(response, {
      status: 307,
      headers: { location: `http://${options.elsewhere}${request.url}` },
      body: empty,
    });
  if (trouble === 'changed request') flip(body);
  const reply = await ask(options.port, request, body);
  if (trouble === 'elsewhere' && reply.headers['location'])
    reply.headers['location'] = reply.headers['location'].replace(/^http:\/\/[^/]+/, `http://${options.elsewhere}`);
  await answer(response, reply, trouble);
}

const empty = Buffer.alloc(0);

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readSome(request: IncomingMessage): Promise<void> {
  for await (const _ of request) return;
}

const flip = (body: Buffer): void => {
  const at = body.length >> 1;
  if (body.length > 0) body[at] = body[at]! ^ 0x01;
};

async function ask(port: number, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  const { authorization: _, 'transfer-encoding': __, ...passed } = headers;
  const upstream = httpRequest({
    host: '127.0.0.1',
    port,
    method,
    path: url,
    headers: { ...passed, 'content-length': String(body.length) },
  });
  upstream.end(body);
  const [reply] = (await once(upstream, 'response')) as [IncomingMessage];
  const answered = Object.entries(reply.headers).filter(([name]) => !hopByHop.has(name));
  return {
    status: reply.statusCode ?? 0,
    headers: Object.fromEntries(answered.map(([name, value]) => [name, String(value)])),
    body: await readAll(reply),
  };
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  // An answer to HEAD has the length of what GET would bring.
  response.writeHead(status, { 'content-length': String(body.length), ...headers }).end(body);
}

async function answer(response: ServerResponse, reply: Reply, trouble: HttpTrouble | undefined): Promise<void> {
  const socket = response.socket!;
  // Who goes on where it broke comes no further.
  const half = reply.body.subarray(0, reply.status === 206 ? 0 : reply.body.length >> 1);
  if (trouble === 'reset in the head') {
    socket.write(`HTTP/1.1 ${reply.status} OK\r\nContent-Le`, () => socket.resetAndDestroy());
  } else if (trouble === 'reset in the body' || trouble === 'end in the body' || trouble === 'stall in the body') {
    response.writeHead(reply.status, reply.headers);
    response.flushHeaders();
    response.write(half, () => {
      if (trouble === 'reset in the body') socket.resetAndDestroy();
      else if (trouble === 'end in the body') socket.destroy();
    });
  } else if (trouble === 'half the body') {
    send(response, { ...reply, headers: { ...reply.headers, 'content-length': String(half.length) }, body: half });
  } else if (trouble === 'drip') {
    await drip(response, reply);
  } else {
    if (trouble === 'changed answer') flip(reply.body);
    send(response, reply);
  }
}

async function drip(response: ServerResponse, { status, headers, body }: Reply): Promise<void> {
  const step = Math.max(1, Math.ceil(body.length / 20));
  response.writeHead(status, headers);
  for (let at = 0; at < body.length; at += step) {
    response.write(body.subarray(at, at + step));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  response.end();
}
