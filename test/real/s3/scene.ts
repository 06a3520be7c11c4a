/** What tests against the S3 of Swift share. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError, storeFolder, type ContextRequest } from '../../../core/index.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { fakeWorld, readTree, type FakeWorld, type Tree } from '../../../core/testing/index.ts';
import { s3Context, type S3ContextOptions } from '../../../plugins/s3-context/index.ts';
import type { StrakeWorld } from '../../support/cli.ts';
import type { TestS3 } from '../../support/servers/s3.ts';

/** A machine with a store, on which contexts are opened one after another. */
export interface S3Machine extends AsyncDisposable {
  readonly world: FakeWorld;
  open(location: string, options?: S3ContextOptions): Promise<{ readonly tree: Tree; readonly revision?: string }>;
}

export async function s3Machine(s3: TestS3, env: Readonly<Record<string, string>> = {}): Promise<S3Machine> {
  // The clock of this world is years behind that of the server.
  const world = fakeWorld({
    network: 'loopback',
    env: { AWS_EC2_METADATA_DISABLED: 'true', ...s3.environment(), ...env },
  });
  const store = await openStore(storeFolder(world.env, world.home));
  return {
    world,
    async open(location, options = {}) {
      const request: ContextRequest = { location, scheme: 's3', kept: store.trees };
      await using context = await s3Context(options).contexts![0]!.open(request, world);
      const { revision } = context;
      return { tree: readTree(context.root), ...(revision !== undefined && { revision }) };
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** `code message` of what a promise fails with; anything but a problem fails. */
export async function complaint(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (it: unknown) => it,
  );
  if (!BuildError.is(error)) throw error;
  return `${error.code} ${error.message}`;
}

/** Files below the directories in which a text stands. */
export function filesWith(text: string, ...directories: readonly string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path).includes(text)),
  );
}

/** Looks at the command lines of all processes of a world, again and again; `stop` tells those in which the text stood. */
export function watchCommandLines(world: StrakeWorld, text: string): { stop(): { seen: number; with: string[] } } {
  const found = new Set<string>();
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!readFileSync(`/proc/${pid}/environ`).includes(world.marker)) continue;
        seen.add(pid);
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (line.includes(text)) found.add(line);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  const timer = setInterval(look, 25);
  return {
    stop() {
      clearInterval(timer);
      return { seen: seen.size, with: [...found] };
    },
  };
}
