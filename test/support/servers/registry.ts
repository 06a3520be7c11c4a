/** Debian's docker-registry (Distribution 2.8) on loopback, with a record of all requests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { ensurePackages } from '../packages.ts';
import { run, startDaemon, type Daemon } from '../process.ts';
import { tempDir, type TempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';
import { makeAuthority, makeSigner, readCertificate, type Authority } from './certificates.ts';
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.ts';
import { defaultRule, defaultUsers, startTokenServer, type AccessRule, type TokenServer } from './token-server.ts';

export interface RegistryOptions {
  /** Ask for user and password (`basic`) or for tokens; alice/s3cret may do all. */
  readonly auth?: 'basic' | 'token';
  /** Who may do what, with `auth: 'token'`. */
  readonly allow?: AccessRule;
  /** Others who may do all, besides alice: user → password. */
  readonly users?: Readonly<Record<string, string>>;
  /** HTTPS with a certificate of an authority of its own (HTTP/2 and HTTP/1.1). */
  readonly tls?: boolean;
  /** Be a pull-through mirror of the registry at this URL, which must be up. */
  readonly mirrorOf?: string;
}

export interface TestRegistry extends Omit<RecordingProxy, 'port' | 'stop'> {
  readonly port: number;
  /** `127.0.0.1:PORT`, as in an image reference. */
  readonly host: string;
  readonly url: string;
  /** The same registry without record, TLS and interception, for preparing and looking. */
  readonly direct: string;
  /** Where its files are (`docker/registry/v2/…`). */
  readonly storage: string;
  /** Who to trust, with `tls`. */
  readonly authority?: Authority;
  /** With `auth: 'token'`. */
  readonly tokens?: TokenServer;
  /** Somebody who may do all, with `auth`. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** An Authorization header that allows everything in the repository; undefined where none is needed. */
  authorization(repository: string): string | undefined;
  /** Bytes of bodies since the last `clearRequests`. */
  traffic(): { readonly up: number; readonly down: number };
  stop(): Promise<void>;
}

/** Starts a registry with empty storage; stopping it removes everything. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  await ensurePackages(['docker-registry']);
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir('registry'));
  const tokens = options.auth === 'token' ? starting.use(await tokenServer(directory, options)) : undefined;
  const storage = directory.at('storage');
  await mkdir(storage);
  const config = { ...configuration(storage, options), ...(await authSection(directory, options, tokens)) };
  // YAML holds JSON.
  await writeFile(directory.at('registry.yml'), JSON.stringify(config, null, 2));
  const daemon = starting.use(startDaemon(['docker-registry', 'serve', directory.at('registry.yml')]));
  const upstreamPort = await listeningPort(daemon);
  const authority = options.tls === true ? await makeAuthority(directory.at('authority')) : undefined;
  const server = await authority?.issue('registry', { hosts: ['localhost', '127.0.0.1'] });
  const tls = server === undefined ? {} : { tls: await readCertificate(server) };
  const proxy = starting.use(await startRecordingProxy({ upstreamPort, ...tls }));
  const running = starting.move();
  const stop = async (): Promise<void> => running.disposeAsync();
  const host = `127.0.0.1:${proxy.port}`;
  return {
    ...proxy,
    host,
    url: `${authority === undefined ? 'http' : 'https'}://${host}`,
    direct: `http://127.0.0.1:${upstreamPort}`,
    storage,
    ...(authority === undefined ? {} : { authority }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(options.auth === undefined ? {} : { credentials: { username: 'alice', password: defaultUsers.alice } }),
    authorization: (repository) => authorization(options, tokens, repository),
    traffic: () => sum(proxy),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function configuration(storage: string, options: RegistryOptions): Record<string, unknown> {
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    // Port 0: the system chooses, the log tells.
    http: { addr: '127.0.0.1:0', secret: 'not-a-secret' },
    ...(options.mirrorOf === undefined ? {} : { proxy: { remoteurl: options.mirrorOf } }),
  };
}

async function authSection(
  directory: TempDir,
  options: RegistryOptions,
  tokens: TokenServer | undefined,
): Promise<Record<string, unknown>> {
  if (tokens !== undefined) {
    const { realm, service, issuer } = tokens;
    return { auth: { token: { realm, service, issuer, rootcertbundle: directory.at('token-signer.crt') } } };
  }
  if (options.auth === undefined) return {};
  await ensurePackages(['apache2-utils']);
  const path = directory.at('htpasswd');
  const users = Object.entries({ alice: defaultUsers.alice, ...options.users });
  // The cheapest bcrypt: each request costs one.
  const lines = await Promise.all(users.map(([name, word]) => run(['htpasswd', '-bnB', '-C', '4', name, word])));
  await writeFile(path, lines.map(({ stdout }) => stdout.trim()).join('\n'));
  return { auth: { htpasswd: { realm: 'test', path } } };
}

async function tokenServer(directory: TempDir, options: RegistryOptions): Promise<TokenServer> {
  const signer = await makeSigner(directory.path, 'token-signer');
  const { users, allow } = options;
  const mayAll: AccessRule = (user, repository) =>
    user !== undefined && Object.hasOwn(users ?? {}, user) ? ['pull', 'push', 'delete'] : defaultRule(user, repository);
  return startTokenServer({ signer, users: { ...defaultUsers, ...users }, allow: allow ?? mayAll });
}

async function listeningPort(daemon: Daemon): Promise<number> {
  return waitFor('docker-registry to listen', () => {
    if (daemon.child.exitCode !== null) throw new Error(`docker-registry ended:\n${daemon.output()}`);
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(daemon.output())?.[1];
    return port === undefined ? undefined : Number(port);
  });
}

function authorization(
  options: RegistryOptions,
  tokens: TokenServer | undefined,
  repository: string,
): string | undefined {
  if (tokens !== undefined) return `Bearer ${tokens.mint(repository)}`;
  if (options.auth === undefined) return undefined;
  return `Basic ${Buffer.from(`alice:${defaultUsers.alice}`).toString('base64')}`;
}

function sum(proxy: RecordingProxy): { up: number; down: number } {
  const total = { up: 0, down: 0 };
  for (const request of proxy.requests()) {
    total.up += request.up;
    total.down += request.down;
  }
  return total;
}
