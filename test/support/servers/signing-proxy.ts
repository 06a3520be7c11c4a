/** A proxy that opens every TLS connection and signs it anew with an authority of its own, as companies have them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import { EnvHttpProxyAgent, request } from 'undici';
import { readCertificate, type Authority } from './certificates.ts';

export interface SigningProxy extends AsyncDisposable {
  readonly url: string;
  /** `CONNECT host:443` and `GET /path`, in the order they came. */
  readonly asked: readonly string[];
}

export interface SigningOptions {
  /** Ask the hosts themselves, as this machine reaches them; otherwise the proxy answers: `GET /x` gives `host/x`. */
  readonly onwards?: boolean;
}

/** Speaks in the names of the hosts. */
export async function startSigningProxy(
  authority: Authority,
  hosts: readonly string[],
  { onwards = false }: SigningOptions = {},
): Promise<SigningProxy> {
  const certificate = await readCertificate(await authority.issue('signing-proxy', { hosts }));
  const asked: string[] = [];
  const open = new Set<Socket>();
  const inside = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (onwards) void passOn(request, response);
    else response.end(`${request.headers.host}${request.url}\n`);
  });
  const server = createServer();
  server.on('connection', (socket: Socket) => void open.add(socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const secure = new TLSSocket(socket, { isServer: true, ...certificate });
    // Who does not trust the authority ends the handshake.
    secure.on('error', () => socket.destroy());
    inside.emit('connection', secure);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function passOn({ headers, method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const { accept } = headers;
    const asked = { method: method as 'GET', dispatcher, headers: accept === undefined ? {} : { accept } };
    const answer = await request(`https://${headers.host}${url}`, asked);
    response.writeHead(answer.statusCode, answer.headers);
    await pipeline(answer.body, response);
  } catch (error) {
    response.destroy(error as Error);
  } finally {
    await dispatcher.close();
  }
}
