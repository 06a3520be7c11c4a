/** What is built, and what strake wants to reach beside buildah. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedDirectory } from '../test/support/cache.ts';
import { busyboxBase, debianBase, largeBase } from '../test/support/bases.ts';
import type { BaseImage } from '../test/support/bases/base-image.ts';
import { writeBigFile, writeManyFiles } from './data/contexts.ts';

/** What a store holds when the measured build begins. */
export type StoreState =
  /** Nothing; a new store for every run. */
  | 'empty'
  /** The base, taken in before the first run; caches are not asked. */
  | 'base'
  /** What building the same Dockerfile from another context has left; a new store for every run. */
  | 'built-before';

export interface Target {
  /** Of strake's wall time to buildah's. */
  readonly ratio?: number;
  /** Of strake's wall time. */
  readonly seconds?: number;
}

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly base: () => Promise<BaseImage>;
  readonly dockerfile: (base: string) => string;
  /** The directory to build; `number` is another one for each build. `scratch` is there to write it into. */
  readonly context: (scratch: string, number: number) => Promise<string>;
  readonly stores: { readonly strake: StoreState; readonly buildah: StoreState };
  readonly target?: Target;
}

const both = (state: StoreState): Workload['stores'] => ({ strake: state, buildah: state });

const tenRuns = (base: string): string =>
  [
    `FROM ${base}`,
    ...Array.from({ length: 10 }, (_, at) => `RUN echo step ${at} > /opt/file-${at}`),
    'COPY file /opt/copied',
    '',
  ].join('\n');

const copyOnly = (base: string): string => `FROM ${base}\nCOPY file /opt/copied\n`;

/** Each stage has text of its own: two that are equal would be one. */
const fourStages = (base: string): string =>
  [
    ...[1, 2, 3, 4].map((at) => `FROM ${base} AS stage-${at}\nRUN sleep 5 && echo ${at} > /result-${at}`),
    'FROM scratch',
    ...[1, 2, 3, 4].map((at) => `COPY --from=stage-${at} /result-${at} /result-${at}`),
    '',
  ].join('\n');

/** One file of a few bytes, another content for each build. */
async function smallFile(scratch: string, number: number): Promise<string> {
  const context = join(scratch, `context-${number}`);
  await mkdir(context, { recursive: true });
  await writeFile(join(context, 'file'), `build ${number}\n`);
  return context;
}

const made = (name: string, write: (directory: string) => void) => (): Promise<string> =>
  cachedDirectory(`bench-${name}`, async (draft) => write(draft));

export const manyFiles = made('many-files-1', writeManyFiles);
export const bigFile = made('big-file-1', writeBigFile);

export const workloads: readonly Workload[] = [
  {
    id: 'w2-cold',
    title: 'ten small RUNs on a large base, empty stores',
    base: largeBase,
    dockerfile: tenRuns,
    context: smallFile,
    stores: both('empty'),
    target: { ratio: 0.6 },
  },
  {
    id: 'w2-warm',
    title: 'ten small RUNs on a large base, base in the store, no cache',
    base: largeBase,
    dockerfile: tenRuns,
    context: smallFile,
    stores: both('base'),
    target: { ratio: 0.4 },
  },
  {
    id: 'w3a',
    title: 'COPY of 20,000 files, 207 MB',
    base: debianBase,
    dockerfile: (base) => `FROM ${base}\nCOPY . /srv/\n`,
    context: manyFiles,
    stores: both('empty'),
    target: { ratio: 0.5 },
  },
  {
    id: 'w3b',
    title: 'COPY of one file of 1 GiB',
    base: debianBase,
    dockerfile: (base) => `FROM ${base}\nCOPY model.bin /srv/\n`,
    context: bigFile,
    stores: both('empty'),
    target: { ratio: 0.6 },
  },
  {
    id: 'w6-unknown',
    title: 'COPY of one small file on a large base, empty stores',
    base: largeBase,
    dockerfile: copyOnly,
    context: smallFile,
    stores: both('empty'),
    target: { ratio: 0.3 },
  },
  {
    id: 'w6-known',
    title: 'the same, strake has seen the base’s index, buildah’s store is empty',
    base: largeBase,
    dockerfile: copyOnly,
    context: smallFile,
    stores: { strake: 'built-before', buildah: 'empty' },
    target: { ratio: 0.05 },
  },
  {
    id: 'w6-again',
    title: 'the same, both have built it before from another file',
    base: largeBase,
    dockerfile: copyOnly,
    context: smallFile,
    stores: both('built-before'),
  },
  {
    id: 'w7',
    title: 'four stages of sleep 5, scratch with four COPY --from',
    base: busyboxBase,
    dockerfile: fourStages,
    context: smallFile,
    stores: both('empty'),
    target: { seconds: 6 },
  },
];

/** Those whose names begin with one of the words; all without words. */
export function chosen(words: readonly string[]): readonly Workload[] {
  return words.length === 0 ? workloads : workloads.filter(({ id }) => words.some((word) => id.startsWith(word)));
}
