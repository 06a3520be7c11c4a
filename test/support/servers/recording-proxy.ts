/** A reverse proxy that passes everything through and remembers what was asked. */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  /** 0 until the answer has begun. */
  readonly status: number;
  /** Bytes of the request's body that came in so far. */
  readonly up: number;
  /** Bytes of the answer's body that went out so far. */
  readonly down: number;
}

/** An answer given in place of the server's. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Looks at a request before the server sees it; what it returns is the answer. */
export type Intercept = (request: RecordedRequest) => Answer | undefined | Promise<Answer | undefined>;

export interface RecordingProxy extends AsyncDisposable {
  readonly port: number;
  /** All requests since the start or the last `clearRequests`, in order of arrival. */
  requests(): readonly RecordedRequest[];
  clearRequests(): void;
  /** How many connections were opened since the start. */
  connections(): number;
  intercept(answer: Intercept | undefined): void;
  stop(): Promise<void>;
}

type Record_ = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };
type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

export interface RecordingOptions {
  readonly upstreamPort: number;
  /** Speak TLS to clients (HTTP/2 and HTTP/1.1), plain HTTP to the server behind. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts the proxy on a free loopback port. */
export async function startRecordingProxy(options: RecordingOptions): Promise<RecordingProxy> {
  let records: Record_[] = [];
  let intercept: Intercept | undefined;
  let connections = 0;
  const open = new Set<{ destroy(): void }>();
  const handle = (request: AnyRequest, response: AnyResponse): void => {
    const record = recordOf(request);
    records.push(record);
    serve(record, request, response, options.upstreamPort, intercept).catch(() => {
      // HTTP/2 ends the stream only; HTTP/1.1 has nothing but its connection.
      if ('stream' in response) response.stream.destroy();
      else response.destroy();
    });
  };
  const server =
    options.tls === undefined ? createServer(handle) : createSecureServer({ ...options.tls, allowHTTP1: true }, handle);
  const keep = (thing: Socket | ServerHttp2Session): void => {
    open.add(thing);
    thing.once('close', () => open.delete(thing));
  };
  server.on('connection', (socket: Socket) => {
    connections += 1;
    keep(socket);
  });
  server.on('session', keep);
  if ('requestTimeout' in server) Object.assign(server, { requestTimeout: 0, keepAliveTimeout: 60_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const thing of open) thing.destroy();
    await closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => records.map((record) => ({ ...record })),
    clearRequests: () => {
      records = [];
    },
    connections: () => connections,
    intercept: (answer) => {
      intercept = answer;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function recordOf(request: AnyRequest): Record_ {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')));
  const { method = '', url = '', httpVersion } = request;
  return { method, path: url, headers, httpVersion, status: 0, up: 0, down: 0 };
}

async function serve(
  record: Record_,
  request: AnyRequest,
  response: AnyResponse,
  upstreamPort: number,
  intercept: Intercept | undefined,
): Promise<void> {
  const answer = await intercept?.({ ...record });
  if (answer !== undefined) {
    record.status = answer.status;
    record.down = Buffer.byteLength(answer.body ?? '');
    request.resume();
    respond(response, answer.status, Object.entries(answer.headers ?? {}).flat());
    response.end(answer.body ?? '');
    return;
  }
  const upstream = httpRequest({
    host: '127.0.0.1',
    port: upstreamPort,
    method: record.method,
    path: record.path,
    headers: forwardedHeaders(request, record),
  });
  response.once('close', () => upstream.destroy());
  // The server may answer and hang up before it has read everything: the answer counts.
  pipeline(request, counter(record, 'up'), upstream).catch(() => undefined);
  const [reply] = (await once(upstream, 'response')) as [IncomingMessage];
  record.status = reply.statusCode ?? 0;
  respond(response, record.status, reply.rawHeaders);
  await pipeline(reply, counter(record, 'down'), response);
}

/** Header lines as they came; HTTP/2 puts method, path and host into pseudo headers. */
function forwardedHeaders(request: AnyRequest, record: RecordedRequest): string[] {
  if (request.httpVersion !== '2.0') {
    return 'encrypted' in request.socket ? [...request.rawHeaders, 'X-Forwarded-Proto', 'https'] : request.rawHeaders;
  }
  const host = String(request.headers[':authority'] ?? request.headers['host']);
  const lines = Object.entries(record.headers).flatMap(([name, value]) =>
    name === 'host' ? [] : [name, String(value)],
  );
  return ['host', host, 'x-forwarded-proto', 'https', ...lines];
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection']);

function respond(response: AnyResponse, status: number, rawHeaders: readonly string[]): void {
  response.statusCode = status;
  const lines = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (hopByHop.has(name.toLowerCase())) continue;
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[at + 1]!]);
  }
  for (const [name, values] of lines) response.setHeader(name, values.length === 1 ? values[0]! : values);
}

function counter(record: Record_, direction: 'up' | 'down'): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      record[direction] += chunk.length;
      done(null, chunk);
    },
  });
}
