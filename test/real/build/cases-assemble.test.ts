/** Cases without a RUN where nothing is mounted and nobody has a right: from indexes alone, the same image. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { userWithoutSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { expectedText, loadCases, prepareCase, type Case } from './case.ts';
import { limiter } from './limiter.ts';
import { openMatrix, type Matrix } from './matrix.ts';
import { buildCase } from './outcome.ts';

const needs = ['root', 'attr', 'busybox-static', 'bzip2', 'docker-registry', 'xz-utils'] as const;
const { suite } = await requirements(import.meta.url, needs);
const cases = (await loadCases()).filter(({ runs }) => !runs);
const limit = limiter(2);

let matrix: Matrix;
let user: OrdinaryUser;

suite('cases without a RUN, assembled', () => {
  beforeAll(async () => {
    matrix = await openMatrix();
    user = await userWithoutSubuids();
  });
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('are many', () => expect(cases.length).toBeGreaterThanOrEqual(80));

  it.concurrent.each(cases)('$name', (one) => limit(() => check(one)));
});

async function check(one: Case): Promise<void> {
  await using world = await openStrake(user);
  const prepared = await prepareCase(one, world.work, matrix.host, user);
  const outcome = await buildCase(one, prepared, world, 'assembled', { flags: ['--isolation=assemble'] });
  const { file, text } = matrix.expectation(one, outcome, world);
  expect(text, outcome.report).toBe(expectedText(one, file));
  await world.assertClean();
}
