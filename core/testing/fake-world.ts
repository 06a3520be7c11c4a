import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import type { BuildEvent } from '../base/events.ts';
import type { HttpClient } from '../contract/http.ts';
import type { Env, World } from '../contract/world.ts';
import type { Platform } from '../oci/image.ts';
import type { ClosableHttpClient } from '../registry/http.ts';
import { isLoopback } from '../registry/proxies.ts';
import { writeTree } from './disk-trees.ts';
import { problem } from './problems.ts';
import type { Tree } from './trees.ts';

export interface FakeWorldOptions {
  /** All of the environment: nothing of this machine's shines through. */
  readonly env?: Env;
  /** Files of the current directory. */
  readonly files?: Tree;
  /** Files of the home directory. */
  readonly home?: Tree;
  /** What the clock always says; default: 2024-01-01T00:00:00Z. */
  readonly now?: Date;
  readonly host?: Platform;
  readonly stdin?: string | Uint8Array;
  /** `none` (the default), servers of this machine, or a client that the test brings. */
  readonly network?: 'none' | 'loopback' | HttpClient;
}

/** A world of its own below one temporary directory, which goes when the world ends. */
export interface FakeWorld extends World, AsyncDisposable {
  /** Everything that was reported, in order. */
  readonly events: readonly BuildEvent[];
  /** The directory that current directory, home and temporary directories lie in. */
  readonly root: HostPath;
  /** Temporary directories that were asked for. */
  readonly tempDirs: readonly HostPath[];
  /** Warnings and hints: `CODE message`. */
  notices(): string[];
  /** As Ctrl-C does. */
  abort(reason?: unknown): void;
}

/** A fixed clock, reports kept in memory, an environment of its own, no network unless asked for. */
export function fakeWorld(options: FakeWorldOptions = {}): FakeWorld {
  const root = hostPath(realpathSync(mkdtempSync(join(tmpdir(), 'strake-testing-'))));
  const [cwd, home, temp] = ['work', 'home', 'temp'].map((name) => {
    const path = join(root, name);
    mkdirSync(path);
    return hostPath(path);
  }) as [HostPath, HostPath, HostPath];
  writeTree(cwd, options.files ?? {});
  writeTree(home, options.home ?? {});
  const now = options.now ?? new Date('2024-01-01T00:00:00Z');
  const events: BuildEvent[] = [];
  const tempDirs: HostPath[] = [];
  const stop = new AbortController();
  const network = openNetwork(options);
  const { uid, gid } = userInfo();
  return {
    cwd,
    home,
    root,
    env: { HOME: home, STRAKE_HOME: join(root, 'store'), ...options.env },
    uid,
    gid,
    host: options.host ?? { os: 'linux', architecture: 'amd64' },
    signal: stop.signal,
    now: () => new Date(now),
    events,
    tempDirs,
    report: (event) => void events.push(event),
    async tempDir(label) {
      const path = hostPath(mkdtempSync(join(temp, `${label.replace(/[^\w.-]/g, '_')}-`)));
      tempDirs.push(path);
      return path;
    },
    http: () => network.http(),
    async *stdin() {
      if (options.stdin !== undefined) yield Buffer.from(options.stdin);
    },
    notices: () => events.flatMap((event) => (event.type === 'notice' ? [`${event.code} ${event.message}`] : [])),
    abort: (reason = new DOMException('The test aborted the build.', 'AbortError')) => stop.abort(reason),
    async [Symbol.asyncDispose]() {
      await network.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function openNetwork({ network = 'none', env = {} }: FakeWorldOptions): {
  http(): Promise<HttpClient>;
  close(): Promise<void>;
} {
  if (network === 'none') return { http: () => Promise.reject(problem('NO_NETWORK', {})), close: async () => {} };
  if (network !== 'loopback') return { http: async () => network, close: async () => {} };
  let opened: Promise<ClosableHttpClient> | undefined;
  const open = (): Promise<ClosableHttpClient> =>
    (opened ??= import('../registry/http.ts').then(({ createHttp }) =>
      createHttp({ env, userAgent: 'strake-testing' }),
    ));
  return {
    async http() {
      const client = await open();
      return {
        request: async (request) => {
          if (!isLoopback(request.url.hostname)) throw problem('NO_NETWORK', { url: request.url.href });
          return client.request(request);
        },
      };
    },
    close: async () => (await opened)?.close(),
  };
}
