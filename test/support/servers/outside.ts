/**
 * Hosts of the world outside, played on loopback: a proxy for HTTPS that leads to servers of the test, with certificates
 * in the names of the hosts. A host that nobody plays cannot be reached.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { readCertificate, type Authority } from './certificates.ts';

/** Answers a request, or names who does (`http://127.0.0.1:41234`). */
export type Player = ((request: IncomingMessage, body: string, response: ServerResponse) => void) | string;
/** Who answers for a host, or for paths of it (`/` for all others). */
type Host = Player | Readonly<Record<string, Player>>;

export interface Outside extends AsyncDisposable {
  /** For a program that is to see this world: the proxy, and whom to trust. */
  readonly env: Readonly<Record<string, string>>;
  /** Hosts that were asked for, each once; also those that nobody plays. */
  hosts(): readonly string[];
}

export async function startOutside(authority: Authority, players: Readonly<Record<string, Host>>): Promise<Outside> {
  const certificate = await readCertificate(await authority.issue('outside', { hosts: Object.keys(players) }));
  const asked = new Set<string>();
  const tls = createTlsServer(certificate, (request, response) => {
    const host = players[request.headers.host ?? ''];
    const player = typeof host === 'object' ? (host[request.url ?? ''] ?? host['/']) : host;
    if (player === undefined) response.writeHead(421).end();
    else if (typeof player === 'string') passOn(new URL(player), request, response);
    else void textOf(request).then((body) => player(request, body, response));
  });
  const tlsPort = await listen(tls);
  const proxy = createServer((_, response) => void response.writeHead(405).end());
  proxy.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
    const host = url.replace(/:443$/, '');
    asked.add(host);
    client.on('error', () => client.destroy());
    if (!Object.hasOwn(players, host)) return void client.end('HTTP/1.1 502 Nobody plays it\r\n\r\n');
    const server = connect(tlsPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(server).pipe(client);
    });
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  });
  const port = await listen(proxy);
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, SSL_CERT_FILE: authority.caFile },
    hosts: () => [...asked],
    async [Symbol.asyncDispose]() {
      tls.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all([tls, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The host stays that of the request, so that what the server says of itself is of the played host. */
function passOn(to: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const passed = httpRequest(
    { host: to.hostname, port: to.port, method, path: url, headers: { ...headers, 'x-forwarded-proto': 'https' } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  passed.on('error', () => response.destroy());
  request.pipe(passed);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
