/** Debian's nginx on loopback, as a server of files: TLS with an own authority, logins, client certificates, a record of requests. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { ensurePackages } from '../packages.ts';
import { run, startDaemon, type Daemon } from '../process.ts';
import { tempDir, type TempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';
import { makeAuthority, type Authority, type Certificate } from './certificates.ts';

export interface WebServer extends AsyncDisposable {
  /** `https://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  /** The same files without TLS. */
  readonly plainUrl: string;
  readonly plainPort: number;
  /** The same for those alone who have a certificate of the authority. */
  readonly mutualUrl: string;
  readonly authority: Authority;
  readonly client: Certificate;
  /** What is served. `private/` is for alice/s3cret; `bare/` has no ETag; `whole/` knows no ranges; `slow/` one request a second. */
  readonly root: string;
  put(path: string, bytes: string | Buffer): Promise<void>;
  /** One line for each that has ended: `GET /a.tar 206 bytes=5-`. */
  requests(): Promise<string[]>;
  stop(): Promise<void>;
}

export const webUser = { username: 'alice', password: 's3cret-of-the-web-server' };

/** Starts nginx with an empty folder; stopping it removes everything. */
export async function startWebServer(): Promise<WebServer> {
  await ensurePackages(['nginx', 'apache2-utils']);
  await using starting = new AsyncDisposableStack();
  // nginx's own workers, if it has some, read as somebody else.
  const directory = starting.use(await tempDir('web', 0o755));
  const authority = await makeAuthority(directory.at('authority'));
  const server = await authority.issue('server', { hosts: ['localhost', '127.0.0.1'] });
  const client = await authority.issue('client', 'client');
  const root = directory.at('www');
  for (const folder of ['private', 'bare', 'whole', 'slow'])
    await mkdir(directory.at('www', folder), { recursive: true });
  const { username, password } = webUser;
  await writeFile(directory.at('htpasswd'), (await run(['htpasswd', '-bn5', username, password])).stdout);
  const ports = await freePorts(3);
  await writeFile(directory.at('nginx.conf'), configuration(directory, ports, authority, server));
  const argv = ['nginx', '-p', directory.path, '-c', directory.at('nginx.conf'), '-e', directory.at('errors')];
  const daemon = starting.use(startDaemon(argv));
  await listening(daemon, directory);
  const running = starting.move();
  const stop = async (): Promise<void> => running.disposeAsync();
  const [port, plainPort, mutualPort] = ports as [number, number, number];
  return {
    url: `https://localhost:${port}`,
    port,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    plainPort,
    mutualUrl: `https://localhost:${mutualPort}`,
    authority,
    client,
    root,
    put: (path, bytes) => writeFile(directory.at('www', path), bytes),
    requests: async () => (await readFile(directory.at('requests'), 'utf8')).split('\n').filter((line) => line !== ''),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function configuration(
  directory: TempDir,
  [port, plain, mutual]: readonly number[],
  { caFile }: Authority,
  { certFile, keyFile }: Certificate,
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory.at(name)};`)
    .join(' ');
  const files = `
    root ${directory.at('www')};
    location /private/ { auth_basic files; auth_basic_user_file ${directory.at('htpasswd')}; }
    location /bare/ { etag off; add_header Last-Modified ""; }
    location /whole/ { max_ranges 0; }
    location /slow/ {
      limit_req zone=slow;
      limit_req_status 429;
      error_page 429 = @slow;
    }
    location @slow { add_header Retry-After 1 always; return 429; }`;
  const tls = `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};`;
  return `
daemon off;
master_process off;
pid ${directory.at('pid')};
events {}
http {
  ${temporary}
  log_format requests '$request_method $request_uri $status $http_range';
  access_log ${directory.at('requests')} requests;
  limit_req_zone $uri zone=slow:1m rate=1r/s;
  server { listen 127.0.0.1:${port} ssl; ${tls} ${files}
  }
  server { listen 127.0.0.1:${plain}; ${files}
    location /elsewhere/ { rewrite ^/elsewhere/(.*)$ https://localhost:${port}/$1 redirect; }
  }
  server { listen 127.0.0.1:${mutual} ssl; ${tls} ssl_client_certificate ${caFile}; ssl_verify_client on; ${files}
  }
}
`;
}

/** nginx takes no port 0. The ports are free now, and nobody else asks for just these. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listening(daemon: Daemon, directory: TempDir): Promise<void> {
  await waitFor('nginx to listen', async () => {
    if (daemon.child.exitCode !== null)
      throw new Error(
        `nginx ended: ${daemon.output()} ${await readFile(directory.at('errors'), 'utf8').catch(() => '')}`,
      );
    const pid = await readFile(directory.at('pid'), 'utf8').catch(() => '');
    return pid.trim() === '' ? undefined : true;
  });
}
