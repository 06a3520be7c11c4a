/** OpenStack Swift with its S3 interface, all four servers of it and the memcached it wants, on free loopback ports. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { ensurePackages } from '../packages.ts';
import { run, startDaemon } from '../process.ts';
import { tempDir, type TempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.ts';

type Body_ = NonNullable<RequestInit['body']>;

const s3Packages = ['memcached', 'swift-proxy', 'swift-account', 'swift-container', 'swift-object'] as const;
/** What test files that use it need. */
export const s3Needs = ['linux', 'root', ...s3Packages] as const;

export interface TestS3 extends Omit<RecordingProxy, 'port' | 'stop'> {
  /** `http://127.0.0.1:PORT`; every request is recorded. */
  readonly endpoint: string;
  /** Of the server itself, for proxies in front of it. */
  readonly port: number;
  readonly region: string;
  /** Where objects lie. */
  readonly storage: string;
  /** Somebody who may do everything. */
  readonly keys: { readonly id: string; readonly secret: string };
  /** Somebody who may do nothing. */
  readonly stranger: { readonly id: string; readonly secret: string };
  /** The environment of a command that uses it. */
  environment(): Record<string, string>;
  createBucket(name: string): Promise<void>;
  /** By Swift's own interface, which knows nothing of S3 signatures; so are all that follow. */
  put(bucket: string, key: string, content: Uint8Array | string | ReadableStream): Promise<void>;
  get(bucket: string, key: string): Promise<Buffer>;
  remove(bucket: string, key: string): Promise<void>;
  /** The same object for programs that cannot sign: past the record of requests. */
  plain(bucket: string, key: string): { readonly url: string; readonly header: string };
  /** Keys of all objects. */
  list(bucket: string): Promise<string[]>;
  stop(): Promise<void>;
}

const keys = { id: 'test:tester', secret: 'secret-of-the-s3-tests' };
const stranger = { id: 'test:stranger', secret: 'secret-of-a-stranger' };
const region = 'us-east-1';

/** Starts the servers with empty storage; stopping them removes everything. */
export async function startS3(): Promise<TestS3> {
  await ensurePackages(s3Packages);
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir('swift'));
  const [port, object, container, account, memcached] = (await freePorts(5)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  await mkdir(directory.at('dev', 'd1'), { recursive: true });
  await writeFile(directory.at('swift.conf'), swiftConfig);
  starting.use(startDaemon(['memcached', '-u', 'nobody', '-l', '127.0.0.1', '-p', String(memcached)]));
  const ports = { object, container, account };
  await makeRings(directory, ports);
  for (const [type, at] of Object.entries(ports)) {
    await writeFile(directory.at(`${type}.conf`), storageConfig(directory, type, at));
    starting.use(startDaemon([`swift-${type}-server`, '-v', directory.at(`${type}.conf`)]));
  }
  await writeFile(directory.at('proxy.conf'), proxyConfig(directory, port, memcached));
  const proxy = starting.use(startDaemon(['swift-proxy-server', '-v', directory.at('proxy.conf')]));
  for (const at of [object, container, account, memcached]) await waitFor('Swift to start', () => listens(at), 60_000);
  const token = await waitFor(
    'Swift to answer',
    async () => {
      if (proxy.child.exitCode !== null) throw new Error(`swift-proxy-server ended:\n${proxy.output()}`);
      return logIn(port).catch(() => undefined);
    },
    60_000,
  );
  const recording = starting.use(await startRecordingProxy({ upstreamPort: port }));
  const own = ownInterface(port, token);
  await waitFor('Swift to store', async () => ((await own.tryPut('ready')) ? true : undefined), 40_000);
  const running = starting.move();
  const stop = (): Promise<void> => running.disposeAsync();
  const endpoint = `http://127.0.0.1:${recording.port}`;
  return {
    ...recording,
    ...own,
    endpoint,
    port,
    region,
    storage: directory.at('dev'),
    keys,
    stranger,
    environment: () => ({
      AWS_ACCESS_KEY_ID: keys.id,
      AWS_SECRET_ACCESS_KEY: keys.secret,
      S3_ENDPOINT: endpoint,
    }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function listens(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

async function logIn(port: number): Promise<string | undefined> {
  const headers = { 'x-auth-user': keys.id, 'x-auth-key': keys.secret };
  const answer = await fetch(`http://127.0.0.1:${port}/auth/v1.0`, { headers });
  return answer.headers.get('x-auth-token') ?? undefined;
}

function ownInterface(port: number, token: string) {
  const ask = async (method: string, path: string, body?: Body_): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/AUTH_test/${path}`, {
      method,
      headers: { 'x-auth-token': token },
      ...(body !== undefined && { body, duplex: 'half' }),
    });
  const done = async (...request: Parameters<typeof ask>): Promise<Response> => {
    const answer = await ask(...request);
    if (answer.ok) return answer;
    throw new Error(`${request[0]} ${request[1]}: ${answer.status} ${await answer.text()}`);
  };
  const pathOf = (bucket: string, key: string): string =>
    `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return {
    tryPut: async (bucket: string) => (await ask('PUT', bucket)).ok,
    plain: (bucket: string, key: string) => ({
      url: `http://127.0.0.1:${port}/v1/AUTH_test/${pathOf(bucket, key)}`,
      header: `x-auth-token: ${token}`,
    }),
    createBucket: async (bucket: string) => void (await done('PUT', bucket)),
    put: async (bucket: string, key: string, content: Uint8Array | string | ReadableStream) =>
      void (await done('PUT', pathOf(bucket, key), content as Body_)),
    get: async (bucket: string, key: string) =>
      Buffer.from(await (await done('GET', pathOf(bucket, key))).arrayBuffer()),
    remove: async (bucket: string, key: string) => void (await done('DELETE', pathOf(bucket, key))),
    list: async (bucket: string) =>
      (await (await done('GET', bucket)).text()).split('\n').filter((line) => line !== ''),
  };
}

/** What `swift-ring-builder` does, for all three at once: its nine runs would take longer than everything else. */
async function makeRings(directory: TempDir, ports: Readonly<Record<string, number>>): Promise<void> {
  const script = `
from swift.common.ring import RingBuilder
for name, port in ${JSON.stringify(Object.entries(ports))}:
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'd1', 'weight': 1.0,
                  'replication_ip': '127.0.0.1', 'replication_port': port})
    ring.rebalance()
    ring.get_ring().save('${directory.path}/' + name + '.ring.gz')
`;
  await run(['/usr/bin/python3', '-c', script]);
}

const swiftConfig = `
[swift-hash]
swift_hash_path_suffix = tests
swift_hash_path_prefix = tests
[storage-policy:0]
name = default
default = yes
`;

const common = (directory: TempDir, port: number): string => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = root
swift_dir = ${directory.path}
log_level = WARNING
# On a busy machine Swift would do without the other servers, and lists would lack what was written.
conn_timeout = 60
node_timeout = 60
container_update_timeout = 60
`;

const storageConfig = (directory: TempDir, type: string, port: number): string => `${common(directory, port)}
devices = ${directory.at('dev')}
mount_check = false
fallocate_reserve = 0
[pipeline:main]
pipeline = ${type}-server
[app:${type}-server]
use = egg:swift#${type}
conn_timeout = 60
node_timeout = 60
allow_versions = true
`;

const filters = [
  'catch_errors',
  'gatekeeper',
  'proxy-logging',
  'listing_formats',
  'bulk',
  'copy',
  'slo',
  'dlo',
  'symlink',
];

const proxyConfig = (directory: TempDir, port: number, memcached: number): string => `${common(directory, port)}
[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 60
node_timeout = 60
# A storage server that did not answer once is asked again at once.
error_suppression_interval = 0
error_suppression_limit = 1000000
${filters.map((name) => `[filter:${name}]\nuse = egg:swift#${name.replace('-', '_')}`).join('\n')}
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}
[filter:s3api]
use = egg:swift#s3api
location = ${region}
s3_acl = false
dns_compliant_bucket_names = false
[filter:tempauth]
use = egg:swift#tempauth
user_${keys.id.replace(':', '_')} = ${keys.secret} .admin
user_${stranger.id.replace(':', '_')} = ${stranger.secret}
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
`;

/** Ports that were free a moment ago: Swift's rings want to know them before anybody listens. */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let at = 0; at < count; at++) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
