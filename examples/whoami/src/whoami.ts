import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';

/** The port to listen on: `--port 8080`, else WHOAMI_PORT_NUMBER, else 80. */
function portFrom(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  const at = argv.indexOf('--port');
  return Number(at === -1 ? (env['WHOAMI_PORT_NUMBER'] ?? 80) : argv[at + 1]);
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
}

/** What a request looks like from here: host, addresses, request line, headers. */
function describe(request: IncomingMessage): string {
  const headers: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2)
    headers.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
  return [
    `Hostname: ${hostname()}`,
    ...addresses().map((address) => `IP: ${address}`),
    `RemoteAddr: ${request.socket.remoteAddress}:${request.socket.remotePort}`,
    `${request.method} ${request.url} HTTP/${request.httpVersion}`,
    ...headers.filter((line) => line.toLowerCase().startsWith('host:')),
    ...headers.filter((line) => !line.toLowerCase().startsWith('host:')).sort(),
    '',
  ].join('\n');
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? '/', 'http://whoami').pathname;
  if (path === '/health') return void response.writeHead(200).end();
  if (path === '/api') {
    const body = {
      hostname: hostname(),
      ip: addresses(),
      method: request.method,
      url: request.url,
      headers: request.headers,
    };
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(describe(request));
}

const port = portFrom(process.argv.slice(2), process.env);
const server = createServer(answer).listen(port, () => console.log(`Starting up on port ${port}`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
