/** A proxy that opens every TLS connection and signs it anew with an authority of its own, as companies have them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { readCertificate, type Authority } from './certificates.ts';

export interface SigningProxy extends AsyncDisposable {
  readonly url: string;
  /** `CONNECT host:443` and `GET /path`, in the order they came. */
  readonly asked: readonly string[];
}

/** Answers itself for each of the hosts: `GET /x` gives `host/x`. */
export async function startSigningProxy(authority: Authority, hosts: readonly string[]): Promise<SigningProxy> {
  const certificate = await readCertificate(await authority.issue('signing-proxy', { hosts }));
  const asked: string[] = [];
  const open = new Set<Socket>();
  const inside = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(`${request.headers.host}${request.url}\n`);
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
