/** Debian's squid as a proxy that wants a login, on loopback. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { ensurePackages } from '../packages.ts';
import { run, startDaemon } from '../process.ts';
import { tempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';

export interface Squid extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** With the login: for HTTP_PROXY and HTTPS_PROXY. */
  readonly url: string;
  /** `CONNECT registry.test:5000 200`, in the order they came. */
  asked(): Promise<readonly string[]>;
}

export const squidLogin = { username: 'carol', password: 'pr0xy' };

/** Names are looked up in `hosts` alone: `registry.test` → `127.0.0.1`. */
export async function startSquid(hosts: Readonly<Record<string, string>>): Promise<Squid> {
  await ensurePackages(['squid', 'apache2-utils']);
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir('squid'));
  // squid gives up being root.
  await chmod(directory.path, 0o777);
  const { username, password } = squidLogin;
  await writeFile(directory.at('users'), (await run(['htpasswd', '-nb', username, password])).stdout, { mode: 0o644 });
  const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
  await writeFile(directory.at('hosts'), lines.join(''), { mode: 0o644 });
  const port = await freePort();
  const config = [
    `http_port 127.0.0.1:${port}`,
    `hosts_file ${directory.at('hosts')}`,
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${directory.at('users')}`,
    'acl known proxy_auth REQUIRED',
    'http_access allow known',
    'http_access deny all',
    'cache deny all',
    'shutdown_lifetime 0 seconds',
    `pid_filename ${directory.at('squid.pid')}`,
    `access_log stdio:${directory.at('access.log')} squid`,
    `cache_log ${directory.at('cache.log')}`,
    `coredump_dir ${directory.path}`,
    'pinger_enable off',
    'netdb_filename none',
    '',
  ];
  await writeFile(directory.at('squid.conf'), config.join('\n'), { mode: 0o644 });
  const daemon = starting.use(startDaemon(['squid', '-N', '-f', directory.at('squid.conf')]));
  await waitFor('squid to listen', async () => {
    if (daemon.child.exitCode !== null) throw new Error(`squid ended:\n${daemon.output()}`);
    const log = await readFile(directory.at('cache.log'), 'utf8').catch(() => '');
    return /Accepting HTTP Socket connections/.exec(log)?.[0];
  });
  const running = starting.move();
  return {
    host: `127.0.0.1:${port}`,
    url: `http://${username}:${password}@127.0.0.1:${port}`,
    asked: async () => linesOf(await readFile(directory.at('access.log'), 'utf8').catch(() => '')),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** `1700000000.000 12 127.0.0.1 TCP_TUNNEL/200 3950 CONNECT registry.test:5000 carol …` */
const linesOf = (log: string): string[] =>
  log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(/\s+/))
    .map(([, , , outcome = '', , method, target]) => `${method} ${target} ${outcome.split('/')[1]}`);

/** squid has no way to let the system choose. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
