/** One build with a registry that has trouble: what comes of it, and what it leaves behind. */
import { createHash } from 'node:crypto';
import { BuildError } from '../../../core/base/errors.ts';
import type { RegistryAccesses } from '../../../core/contract/registry-access.ts';
import type { OutputSpec } from '../../../core/contract/model.ts';
import type { Plugin } from '../../../core/contract/plugin.ts';
import { tryPlugin, type Tree } from '../../../core/testing/index.ts';
import { registryPlugin } from '../../../plugins/registry/index.ts';
import { registryCache } from '../../../plugins/registry-cache/index.ts';
import { loginAs } from '../../core/registry/test-world.ts';
import {
  proxyLogin,
  startHttpFaultProxy,
  type HttpFault,
  type HttpFaultProxy,
} from '../../support/servers/http-fault-proxy.ts';
import type { TestRegistry } from '../../support/servers/registry.ts';

/** Which of the three servers of a build has the trouble; all are one registry under three names. */
export type Role = 'base' | 'target' | 'cache';

export interface Cell {
  readonly role: Role;
  readonly fault: HttpFault;
  /** Repository and tag that the cell pushes; nobody else does. */
  readonly name: string;
  /** Of the cache: its repository, and what is done with it. */
  readonly cache?: { readonly repository: string; readonly read: boolean; readonly write: boolean };
  /** Are answers waited for that never come? */
  readonly stalls?: boolean;
}

export interface Outcome {
  /** Of the image, or the code of the problem. */
  readonly result: string;
  readonly error?: BuildError;
  /** What the registry has under the name: a digest, or nothing. */
  readonly pushed: string | undefined;
  readonly notices: readonly string[];
  /** Requests that met the fault. */
  readonly met: number;
  /** Requests at the other host with the credentials of the first. */
  readonly leaked: number;
  readonly led: number;
}

/** Small enough to be quick, large enough to be broken in the middle: 80 kilobytes that cannot be packed. */
const content = (seed: string): Buffer =>
  Buffer.concat(Array.from({ length: 2500 }, (_, at) => createHash('sha256').update(`${seed} ${at}`).digest()));
export const files: Tree = { '/Dockerfile': '', '/mine': content('own') };

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

const spec = (names: readonly string[]): OutputSpec => ({
  type: 'registry',
  names,
  forceCompression: false,
  rewriteTimestamp: true,
  options: [],
});

export async function runCell(registry: TestRegistry, cell: Cell): Promise<Outcome> {
  await using proxies = new AsyncDisposableStack();
  const port = Number(new URL(registry.direct).port);
  const elsewhere = proxies.use(await startHttpFaultProxy({ port }));
  const start = async (role: Role): Promise<HttpFaultProxy> =>
    proxies.use(
      await startHttpFaultProxy({
        port,
        login: true,
        elsewhere: elsewhere.host,
        ...(role === cell.role && { fault: cell.fault }),
      }),
    );
  const base = await start('base');
  const target = await start('target');
  const cache = await start('cache');
  const troubled = { base, target, cache }[cell.role];
  const built = await buildThrough({ base: base.host, target: target.host, cache: cache.host }, cell);
  const authorizations = elsewhere.requests().map(({ authorization }) => authorization);
  return {
    ...built,
    pushed: await digestAt(registry, cell.name),
    met: troubled.met(),
    leaked: authorizations.filter((it) => it !== undefined).length,
    led: authorizations.length,
  };
}

/** The build of every cell; names of servers may be the same. */
export async function buildThrough(
  hosts: Readonly<Record<Role, string>>,
  { role, name, cache, stalls = false }: Omit<Cell, 'fault'>,
): Promise<Pick<Outcome, 'result' | 'error' | 'notices'>> {
  // What is only slow, as on a busy machine, must not count as silent.
  const registries: RegistryAccesses = new Map([
    ['*', { attempts: 2, timeout: 30_000 }],
    ...(stalls ? [[hosts[role], { attempts: 3, timeout: 1200 }] as const] : []),
  ]);
  const login: Plugin = { name: 'login', credentials: [loginAs(proxyLogin.username, proxyLogin.password)] };
  const plugins = [
    registryPlugin(),
    login,
    ...(cache ? [registryCache({ ...cache, repository: `${hosts.cache}/${cache.repository}` })] : []),
  ];
  await using bench = await tryPlugin(plugins, {
    network: 'loopback',
    settings: { registries, sourceDateEpoch: 0 },
  });
  const tree = { ...files, '/Dockerfile': `FROM ${hosts.base}/base:1\nCOPY mine /mine\n` };
  try {
    const { result } = await bench.build(tree, { outputs: [spec([`${hosts.target}/${name}`])] });
    return { result: result.published[0]!.digest, notices: bench.world.notices() };
  } catch (error) {
    if (!BuildError.is(error)) throw error;
    return { result: error.code, error, notices: bench.world.notices() };
  }
}

export interface Base {
  readonly config: string;
  readonly layer: string;
}

/** Pushes the base that every cell stands on; gives the digests of its parts. */
export async function pushBase(registry: TestRegistry): Promise<Base> {
  const host = new URL(registry.direct).host;
  await using bench = await tryPlugin(registryPlugin(), { network: 'loopback', settings: { sourceDateEpoch: 0 } });
  const tree = { '/Dockerfile': 'FROM scratch\nCOPY base /base\n', '/base': content('base') };
  await bench.build(tree, { outputs: [spec([`${host}/base:1`])] });
  const response = await fetch(`${registry.direct}/v2/base/manifests/1`, { headers: { accept: manifestType } });
  const manifest = (await response.json()) as { config: { digest: string }; layers: [{ digest: string }] };
  return { config: manifest.config.digest, layer: manifest.layers[0].digest };
}

export async function digestAt(registry: TestRegistry, name: string): Promise<string | undefined> {
  const [repository, tag] = name.split(':');
  const response = await fetch(`${registry.direct}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: manifestType },
  });
  await response.bytes();
  return response.status === 200 ? (response.headers.get('docker-content-digest') ?? undefined) : undefined;
}

/** Runs so many at a time: cells wait more than they work. */
export async function together<T>(limit: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = [...tasks.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
