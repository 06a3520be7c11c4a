/** What buildah makes of a case, asked once per machine, and how it compares. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImage } from '../../support/bases/base-image.ts';
import { cachedDirectory } from '../../support/cache.ts';
import { readImage, type TestImage } from '../../support/images.ts';
import { layoutSource } from '../../support/image-source.ts';
import { entryLine } from '../../support/listing.ts';
import type { ContainerConfig } from '../../support/oci-types.ts';
import { oracleTraces, tryBuildah } from '../../support/oracle.ts';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { expectedText, prepareCase, type Case } from './case.ts';

/** Change it with anything that changes how an answer is found or written. */
const recipe = 3;

/** Lines that say what an image is: its files, its config. Or the end of what buildah had to complain about. */
export interface Opinion {
  readonly lines: readonly string[];
  readonly refusal?: string;
}

/** `1.28.2` */
export async function buildahVersion(): Promise<string> {
  return /^buildah version (\S+)/.exec((await run(['buildah', '--version'])).stdout)?.[1] ?? 'unknown';
}

/** buildah's opinion; kept in the cache of the tests, under all that it depends on. */
export async function opinionOf(one: Case, bases: ReadonlyMap<string, BaseImage>, host: string): Promise<Opinion> {
  const used = [...bases].filter(
    ([name]) => one.dockerfile.includes(`base/${name}`) || one.settings.baseArgs !== undefined,
  );
  const facts = [
    recipe,
    await buildahVersion(),
    await factsOfFolder(one.folder),
    used.map(([name, base]) => [name, base.descriptor.digest]),
  ];
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
  const directory = await cachedDirectory(`buildah-opinion-${key}`, async (draft) => {
    await writeFile(join(draft, 'opinion.json'), JSON.stringify(await ask(one, host)));
  });
  return JSON.parse(await readFile(join(directory, 'opinion.json'), 'utf8')) as Opinion;
}

const expectations = new Set(['image.txt', 'problem.txt', 'buildah.txt']);

async function factsOfFolder(folder: string): Promise<unknown[]> {
  const facts: unknown[] = [];
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (expectations.has(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path);
    if (found.isSymbolicLink()) facts.push([name, await readlink(path)]);
    else if (found.isFile()) facts.push([name, found.mode & 0o100, (await readFile(path)).toString('base64')]);
    else facts.push([name]);
  }
  return facts;
}

async function ask(one: Case, host: string): Promise<Opinion> {
  await using directory = await tempDir('opinion');
  const { settings } = one;
  const prepared = await prepareCase(one, directory.path, host);
  const layout = directory.at('layout');
  const labels = Object.entries(settings.labels ?? {}).map(([name, value]) => `--label=${name}=${value}`);
  const built = await tryBuildah(
    {
      context: prepared.context,
      dockerfile: prepared.dockerfile,
      buildArgs: prepared.args,
      flags: labels,
      ...(settings.target === undefined ? {} : { target: settings.target }),
      ...(settings.platform === undefined ? {} : { platform: settings.platform }),
    },
    layout,
  );
  if (built.status !== 0) return { lines: [], refusal: built.stderr.trim().split('\n').at(-1) ?? '' };
  return { lines: opinionLines(await readImage(layoutSource(layout))) };
}

/** Where a builder mounts something while a step runs: what is there is its own affair. */
const traces = new Set(oracleTraces);

/** An image in the words in which two builders are compared. */
export function opinionLines(image: TestImage): string[] {
  const { os, architecture, variant } = image.config;
  const files = image.listing.filter(({ path }) => !traces.has(path)).map((entry) => entryLine(entry));
  return [
    `platform ${[os, architecture, variant].filter(Boolean).join('/')}`,
    ...configLines(image.config.config ?? {}),
    ...files,
  ];
}

/** An OCI config as buildah writes it has no health check, no shell, no triggers. */
function configLines(config: ContainerConfig): string[] {
  const { Labels, ExposedPorts, Volumes, WorkingDir, User } = config as Record<
    string,
    Record<string, string> | undefined
  >;
  const labels = Object.entries(Labels ?? {}).filter(([name]) => name !== 'io.buildah.version');
  const said: Record<string, unknown> = {
    Env: config['Env'] ?? [],
    Entrypoint: config['Entrypoint'] ?? [],
    Cmd: config['Cmd'] ?? [],
    WorkingDir: WorkingDir ?? '/',
    User: User ?? '',
    StopSignal: config['StopSignal'] ?? '',
    Labels: labels.sort(([a], [b]) => (a < b ? -1 : 1)),
    ExposedPorts: Object.keys(ExposedPorts ?? {}).sort(),
    Volumes: Object.keys(Volumes ?? {}).sort(),
  };
  return Object.entries(said).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
}

/** What differs, a line each: `-` ours, `+` buildah's. */
export function differences(ours: readonly string[], theirs: readonly string[]): string[] {
  const mine = new Set(ours);
  const other = new Set(theirs);
  return [
    ...ours.filter((line) => !other.has(line)).map((line) => `- ${line}`),
    ...theirs.filter((line) => !mine.has(line)).map((line) => `+ ${line}`),
  ];
}

/** A case's note why buildah differs: `1.28.2: it has no heredocs.`, or `1.28.2, at times: it crashes.` */
export function noteOf(
  one: Case,
): { readonly version: string; readonly why: string; readonly atTimes: boolean } | undefined {
  const text = expectedText(one, 'buildah.txt');
  if (text === undefined) return undefined;
  const [, version, atTimes, why] = /^([^\s,]+)(, at times)?: (.+)\n$/.exec(text) ?? [];
  if (version === undefined || why === undefined) throw new Error(`${one.name}/buildah.txt is no "VERSION: why"`);
  return { version, why, atTimes: atTimes !== undefined };
}
