/** What the tests in this folder share: contexts out of text, builds as data, requests as lines. */
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { StrakeResult, StrakeWorld } from '../../support/cli.ts';
import type { OrdinaryUser } from '../../support/ordinary-user.ts';
import { describeFailure, type RunResult } from '../../support/process.ts';
import type { RecordedRequest } from '../../support/servers/recording-proxy.ts';

/** Writes files, with the directories above them; they belong to the user who is to build. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
  user?: OrdinaryUser,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    if (user === undefined) continue;
    for (let own = path; own !== folder; own = dirname(own)) await chown(own, user.uid, user.gid);
  }
  return folder;
}

/** An event of `--progress json`, with the parts that tests look at. */
export interface Event {
  readonly type: string;
  readonly title?: string;
  readonly state?: string;
  readonly key?: string;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly name?: string;
  readonly why?: string;
  readonly text?: string;
}

/** The events of a build with `--progress json`; what is no JSON (a problem for people) is left out. */
export function eventsOf({ stderr }: Pick<RunResult, 'stderr'>): Event[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Event);
}

/** What became of each step: `COPY f /f: cached (asked)`, `RUN true: end`; sorted as the Dockerfile's titles are. */
export function stepsOf(result: Pick<RunResult, 'stderr'>): string[] {
  return eventsOf(result)
    .filter((event) => event.type === 'step' && event.state !== 'begin')
    .map(({ title = '', state, key }) => `${title}: ${state}${key === undefined ? '' : ` (${key})`}`)
    .sort();
}

/** A command that must have succeeded. */
export function good<T extends RunResult>(result: T): T {
  if (result.status !== 0) throw new Error(describeFailure(result));
  return result;
}

/** Builds with `--progress json`, which must succeed. */
export async function build(
  world: StrakeWorld,
  args: readonly string[],
  options?: Parameters<StrakeWorld['strake']>[1],
): Promise<StrakeResult & { readonly digest: string }> {
  const result = good(await world.strake(['build', ...args, '--progress', 'json'], options));
  return { ...result, digest: /sha256:[0-9a-f]{64}/.exec(result.stdout)?.[0] ?? '' };
}

/** `PUT /v2/team/app/manifests/1 201`: digests shortened, upload sessions without their names. */
export function requestLines(registry: { requests(): readonly RecordedRequest[] }): string[] {
  return registry
    .requests()
    .map(({ method, path, status }) =>
      `${method} ${decodeURIComponent(path)} ${status}`
        .replace(/sha256:([0-9a-f]{12})[0-9a-f]*/g, '$1')
        .replace(/uploads\/[0-9a-f-]{36}\?.*?digest=/, 'uploads/ID?digest='),
    );
}

/** Digests of blobs (no manifests) whose bytes went from the registry to us. */
export function downloadedBlobs(registry: { requests(): readonly RecordedRequest[] }): string[] {
  return registry
    .requests()
    .filter(({ method, path, down }) => method === 'GET' && path.includes('/blobs/') && down > 0)
    .map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
