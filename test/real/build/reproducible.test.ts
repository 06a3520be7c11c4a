/** With an epoch and rewritten times the same inputs give the same digest, wherever and however they are built. */
import { setTimeout } from 'node:timers/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { loadCases, prepareCase, type Case } from './case.ts';
import { limiter } from './limiter.ts';
import { openMatrix, type Matrix } from './matrix.ts';
import { buildCase, type BuildOptions } from './outcome.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'busybox-static', 'docker-registry']);

/** Cases whose commands say the same whenever they run. */
const names = [
  'add-tar-zstd',
  'copy-created-parents',
  'copy-heredoc-several',
  'copy-link',
  'copy-then-run',
  'env-operators',
  'onbuild-heredoc',
  'run-chmod',
  'run-create',
  'run-hardlinks',
  'run-heredoc',
  'run-modify',
  'run-names',
  'run-opaque',
  'run-remove',
  'run-rename',
  'run-replace',
  'run-user-permissions',
  'stage-hardlinks',
  'stage-owners',
  'volume-writes',
  'workdir-owner',
];
const cases = (await loadCases()).filter(({ name }) => names.includes(name));
const limit = limiter(2);
const epoch = '1700000000';

let matrix: Matrix;

suite('reproducible', () => {
  beforeAll(async () => void (matrix = await openMatrix()));
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('at least twenty', () => {
    expect(cases.map(({ name }) => name)).toEqual(names);
    expect(cases.length).toBeGreaterThanOrEqual(20);
  });

  it.concurrent.each(cases)('$name', (one) => limit(() => check(one)));

  it('not without an epoch', async () => {
    const one = cases.find(({ name }) => name === 'run-create')!;
    const first = await digestOf(one, 'here', {}, false);
    await setTimeout(2000);
    expect(await digestOf(one, 'here', {}, false)).not.toBe(first);
  });
});

async function check(one: Case): Promise<void> {
  const first = await digestOf(one, 'here', {});
  // Files of the second build get times of another second.
  await setTimeout(2000);
  const elsewhere = await digestOf(one, 'some/where/else', {
    flags: ['--jobs=1'],
    through: [...otherName, ...otherMask, ...oneProcessor],
  });
  expect(elsewhere).toBe(first);
}

const otherName = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh'];
const otherMask = ['sh', '-c', 'umask 077 && exec "$@"', 'sh'];
const oneProcessor = ['taskset', '--cpu-list', '0'];

/** Builds with a store of its own. */
async function digestOf(one: Case, folder: string, options: BuildOptions, rewritten = true): Promise<string> {
  await using world: StrakeWorld = await openStrake();
  const directory = join(world.work, folder);
  await mkdir(directory, { recursive: true });
  const prepared = await prepareCase(one, directory, matrix.host);
  const outcome = await buildCase(one, prepared, world, 'built', {
    ...options,
    ...(rewritten ? { env: { SOURCE_DATE_EPOCH: epoch }, output: ['rewrite-timestamp=true'] } : {}),
  });
  expect(outcome.status, outcome.report).toBe(0);
  await world.assertClean();
  return outcome.image!.digest;
}
