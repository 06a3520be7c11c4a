/** Small Dockerfiles, a folder each: what becomes of them as root, a second time, and in buildah's opinion. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { expectedText, loadCases, prepareCase, type Case } from './case.ts';
import { limiter } from './limiter.ts';
import { openMatrix, type Matrix } from './matrix.ts';
import { buildCase, type Outcome } from './outcome.ts';
import { buildahVersion, differences, noteOf, opinionLines, opinionOf } from './second-opinion.ts';

const needs = ['root', 'mounts', 'attr', 'buildah', 'busybox-static', 'bzip2', 'docker-registry', 'xz-utils'] as const;
const { suite } = await requirements(import.meta.url, needs);
/** `UPDATE=1` writes what comes out; read every line of the difference. */
const update = process.env['UPDATE'] === '1';
const cases = await loadCases();
const limit = limiter(2);

let matrix: Matrix;

suite('cases as root', () => {
  beforeAll(async () => void (matrix = await openMatrix()));
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('are many', () => expect(cases.length).toBeGreaterThanOrEqual(110));

  it.concurrent.each(cases)('$name', (one) => limit(() => check(one)));
});

async function check(one: Case): Promise<void> {
  await using world = await openStrake();
  const prepared = await prepareCase(one, world.work, matrix.host);
  const outcome = await buildCase(one, prepared, world, 'first');
  const { file, text } = matrix.expectation(one, outcome, world);
  const other = file === 'image.txt' ? 'problem.txt' : 'image.txt';
  if (update) {
    rmSync(join(one.folder, other), { force: true });
    writeFileSync(join(one.folder, file), text);
  }
  expect(expectedText(one, other), `should not end like this:\n${outcome.report}`).toBe(undefined);
  expect(text, outcome.report).toBe(expectedText(one, file));
  if (outcome.image !== undefined) {
    const again = await buildCase(one, prepared, world, 'second');
    expect(again.steps?.performed, again.report).toBe(0);
    expect(again.image?.digest).toBe(outcome.image.digest);
  }
  await world.assertClean();
  await compare(one, outcome);
}

/** buildah agrees, or a note says why not; a note must be true of the buildah it speaks of. */
async function compare(one: Case, outcome: Outcome): Promise<void> {
  const note = noteOf(one);
  if (note !== undefined && note.version !== (await buildahVersion())) return;
  const opinion = await opinionOf(one, matrix.bases, matrix.host);
  const ours = outcome.image === undefined ? ['a refusal'] : opinionLines(outcome.image);
  const theirs = opinion.refusal === undefined ? opinion.lines : ['a refusal'];
  const different = differences(ours, theirs).join('\n');
  if (note === undefined) expect(different, `buildah differs: ${opinion.refusal ?? ''}`).toBe('');
  else if (!note.atTimes) expect(different, `buildah.txt has nothing to explain: ${note.why}`).not.toBe('');
}
