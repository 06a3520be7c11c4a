/** What comes out of a case, as text: an image, or a problem. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StrakeWorld } from '../../support/cli.ts';
import { layoutSource } from '../../support/image-source.ts';
import { imageText, layerText, readImage, type TestImage } from '../../support/images.ts';
import { describeFailure, tryRun } from '../../support/process.ts';
import type { Case, PreparedCase } from './case.ts';

export interface BuildOptions {
  /** Further options of `strake build`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further settings of the output. */
  readonly output?: readonly string[];
  /** A program and its arguments in front of the command. */
  readonly through?: readonly string[];
}

/** How one run of the command ended. */
export interface Outcome {
  readonly status: number | null;
  readonly image?: TestImage;
  readonly steps?: { readonly performed: number; readonly reused: number };
  readonly problems: readonly Problem[];
  /** What the command wrote, for people who look at a failed test. */
  readonly report: string;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly at?: string;
}

interface Metadata {
  readonly 'strake.exit': number;
  readonly 'strake.steps'?: { readonly performed: number; readonly reused: number };
  readonly 'strake.problems'?: readonly Problem[];
}

/** Builds the case in a world. `name` tells apart the results of several builds. */
export async function buildCase(
  one: Case,
  prepared: PreparedCase,
  world: StrakeWorld,
  name: string,
  options: BuildOptions = {},
): Promise<Outcome> {
  const { settings } = one;
  const layout = join(world.work, `${name}.oci`);
  const metadataFile = join(world.work, `${name}.json`);
  const args = [
    'build',
    '--no-config',
    `--file=${prepared.dockerfile}`,
    `--tag=case/${one.name}`,
    `--output=${['type=oci', 'tar=false', `dest=${layout}`, ...(options.output ?? [])].join(',')}`,
    `--metadata-file=${metadataFile}`,
    ...Object.entries(prepared.args).map(([key, value]) => `--build-arg=${key}=${value}`),
    ...Object.entries(settings.labels ?? {}).map(([key, value]) => `--label=${key}=${value}`),
    ...(settings.target === undefined ? [] : [`--target=${settings.target}`]),
    ...(settings.platform === undefined ? [] : [`--platform=${settings.platform}`]),
    ...(options.flags ?? []),
    prepared.context,
  ];
  const command = [...(options.through ?? []), ...(await world.command(args))];
  const ended = await tryRun(command, { cwd: world.work, env: world.environment(options.env) });
  const text = await readFile(metadataFile, 'utf8').catch(() => {
    throw new Error(`no metadata: ${describeFailure(ended)}`);
  });
  const metadata = JSON.parse(text) as Metadata;
  const problems = metadata['strake.problems'] ?? [];
  const report = describeFailure(ended);
  if (ended.status !== 0) return { status: ended.status, problems, report };
  const image = await readImage(layoutSource(layout), {
    reference: await onlyManifest(layout),
    content: () => true,
    ...(settings.platform === undefined ? {} : { platform: platformOf(settings.platform) }),
  });
  return { status: 0, image, steps: metadata['strake.steps']!, problems, report };
}

async function onlyManifest(layout: string): Promise<string> {
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  if (index.manifests.length !== 1) throw new Error(`${layout} names ${index.manifests.length} manifests`);
  return index.manifests[0]!.digest;
}

function platformOf(text: string): { os: string; architecture: string; variant?: string } {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

/** A name of a file of expectations, and what should be in it. */
export interface Expectation {
  readonly file: 'image.txt' | 'problem.txt';
  readonly text: string;
}

/** Everything of an outcome that stays the same from run to run. `host` and `directory` are left out of messages. */
export function expectationOf(
  one: Case,
  outcome: Outcome,
  bases: readonly TestImage[],
  names: readonly string[],
): Expectation {
  if (outcome.image === undefined) {
    const lines = outcome.problems.map(
      ({ code, message, hint, at }) =>
        `${code}${at === undefined ? '' : ` at ${at}`}\n${message}\n${hint === undefined ? '' : `${hint}\n`}`,
    );
    const text = names.reduce((all, name) => all.replaceAll(name, ''), lines.join(''));
    return { file: 'problem.txt', text: `exit ${outcome.status}\n${text}` };
  }
  return { file: 'image.txt', text: wholeText(one, outcome.image, bases) };
}

function wholeText(one: Case, image: TestImage, bases: readonly TestImage[]): string {
  const times = { times: one.settings.times === true };
  const base = baseOf(image, bases);
  const fresh = image.layers.slice(base?.layers.length ?? 0);
  const [head = '', files = ''] = imageText(image, base === undefined ? times : { ...times, base }).split(
    /^(?=files$)/m,
  );
  return [
    image.config.author === undefined ? '' : `author ${image.config.author}\n`,
    head,
    ...fresh.map((layer, at) => `layer ${at + 1}\n${layerText(layer, times)}`),
    files,
    ...contents(fresh),
  ].join('');
}

/** The base with most layers below the image's own. */
function baseOf(image: TestImage, bases: readonly TestImage[]): TestImage | undefined {
  const isBelow = (base: TestImage): boolean =>
    base.layers.length <= image.layers.length &&
    base.layers.every(({ diffId }, at) => diffId === image.layers[at]!.diffId);
  return bases.filter(isBelow).sort((a, b) => b.layers.length - a.layers.length)[0];
}

/** Contents that a person can read. */
const readable = 2000;

function contents(layers: TestImage['layers']): string[] {
  const found: string[] = [];
  for (const [at, layer] of layers.entries()) {
    for (const { path, content, size } of layer.entries) {
      if (content === undefined || size === 0 || size > readable) continue;
      const text = content.toString('utf8');
      if (!Buffer.from(text).equals(content) || /[\x00-\x08\x0b-\x1f]/.test(text)) continue;
      const lines = text.replace(/\n$/, '').split('\n');
      found.push(`layer ${at + 1}: ${JSON.stringify(path)}\n${lines.map((line) => `  | ${line}\n`).join('')}`);
    }
  }
  return found.length === 0 ? [] : ['contents\n', ...found];
}
