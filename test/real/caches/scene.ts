/** What tests of caches share. */
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import type { RunResult } from '../../support/process.ts';
import type { RecordedRequest } from '../../support/servers/recording-proxy.ts';
import { build, eventsOf, stepsOf, writeFiles } from '../e2e/scene.ts';

const uuid = 'cat /proc/sys/kernel/random/uuid';

/** Two stages, with commands whose result is never the same: a step carried out again is seen in the digest. */
export const fixture = (base: string): Readonly<Record<string, string>> => ({
  Dockerfile: `
FROM ${base} AS build
COPY source /source
RUN ${uuid} > /made
FROM ${base}
RUN mkdir /app; ${uuid} > /app/once
COPY --from=build /made /app/made
COPY early /app/early
COPY late /app/late
CMD ["/bin/true"]
`,
  source: 'source',
  early: 'early',
  late: 'late',
});

/** Titles of the steps of the fixture. */
export const steps = {
  source: '[build 2/3] COPY source /source',
  made: `[build 3/3] RUN ${uuid} > /made`,
  once: `[stage-1 2/5] RUN mkdir /app; ${uuid} > /app/once`,
  fromBuild: '[stage-1 3/5] COPY --from=build /made /app/made',
  early: '[stage-1 4/5] COPY early /app/early',
  late: '[stage-1 5/5] COPY late /app/late',
};

/** `CODE message` of every notice. */
export const noticesOf = (result: Pick<RunResult, 'stderr'>): string[] =>
  eventsOf(result)
    .filter(({ type }) => type === 'notice')
    .map(({ code, message }) => `${code} ${message}`);

export interface Built {
  readonly digest: string;
  /** `COPY …: end` */
  readonly steps: readonly string[];
  /** Titles of those that were carried out, once or again. */
  readonly performed: readonly string[];
  readonly notices: readonly string[];
}

/** One build on a machine that has never built anything, unless a world is given. */
export async function buildOn(
  world: StrakeWorld | undefined,
  files: Readonly<Record<string, string>>,
  args: readonly string[],
  options?: Parameters<typeof build>[2],
): Promise<Built> {
  await using fresh = world === undefined ? await openStrake() : undefined;
  const machine = world ?? fresh!;
  await writeFiles(machine.work, files);
  const result = await build(machine, ['.', ...args], options);
  await machine.assertClean();
  const all = stepsOf(result);
  return {
    digest: result.digest,
    steps: all,
    performed: [...new Set(all.filter((line) => line.endsWith(': end')).map((line) => line.slice(0, -': end'.length)))],
    notices: noticesOf(result),
  };
}

/** Digests whose bytes came to the registry, as often as they came. */
export const uploadedBlobs = (requests: readonly RecordedRequest[]): string[] =>
  requests
    .filter(({ method, path, status }) => method === 'PUT' && path.includes('/blobs/uploads/') && status === 201)
    .map(({ path }) => decodeURIComponent(/digest=([^&]+)/.exec(path)![1]!));
