import { tmpdir } from 'node:os';
import { hostPath } from './base/brand.ts';
import type { Report } from './base/events.ts';
import type { World } from './contract/world.ts';
import type { Platform } from './oci/image.ts';
import type { ClosableHttpClient } from './registry/http.ts';
import { openTempSpace } from './temp-space.ts';

/** What of `process` a world is made of; handing over `process` itself is meant. */
export interface Host {
  cwd(): string;
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly arch: string;
  getuid?(): number;
  getgid?(): number;
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

export interface WorldOptions {
  readonly report?: Report;
  readonly signal?: AbortSignal;
  readonly version?: string;
}

/** A world that ends: connections close, temporary directories go. */
export type HostWorld = World & AsyncDisposable;

/** The world of a process on this machine: `openWorld(process, { report })`. */
export function openWorld(host: Host, options: WorldOptions = {}): HostWorld {
  const env = { ...host.env };
  const temp = openTempSpace(env['TMPDIR'] ?? tmpdir(), host.pid);
  let http: Promise<ClosableHttpClient> | undefined;
  return {
    cwd: hostPath(host.cwd()),
    env,
    home: hostPath(env['HOME'] ?? '/'),
    uid: host.getuid?.() ?? -1,
    gid: host.getgid?.() ?? -1,
    host: hostPlatform(host.arch),
    signal: options.signal ?? new AbortController().signal,
    now: () => new Date(),
    tempDir: (label) => temp.make(label),
    report: options.report ?? (() => {}),
    http: () =>
      (http ??= import('./registry/http.ts').then(({ createHttp }) =>
        createHttp({ env, userAgent: `strake/${options.version ?? '0'}` }),
      )),
    async *stdin() {
      for await (const chunk of host.stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    },
    async [Symbol.asyncDispose]() {
      await (await http)?.close();
      await temp[Symbol.asyncDispose]();
    },
  };
}

const architectures: Readonly<Record<string, Omit<Platform, 'os'>>> = {
  x64: { architecture: 'amd64' },
  arm64: { architecture: 'arm64' },
  arm: { architecture: 'arm', variant: 'v7' },
  ia32: { architecture: '386' },
  ppc64: { architecture: 'ppc64le' },
};

/** What this machine builds for when nobody says: Linux, also on machines that run something else. */
const hostPlatform = (arch: string): Platform => ({
  os: 'linux',
  ...(architectures[arch] ?? { architecture: arch }),
});
