/** The same cases as an ordinary user with a range of ids: not a line differs. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { expectedText, loadCases, prepareCase, type Case } from './case.ts';
import { limiter } from './limiter.ts';
import { openMatrix, type Matrix } from './matrix.ts';
import { buildCase } from './outcome.ts';

const needs = ['root', 'subuid-user', 'attr', 'busybox-static', 'bzip2', 'docker-registry', 'xz-utils'] as const;
const { suite } = await requirements(import.meta.url, needs);
const all = await loadCases();
const cases = all.filter(({ settings }) => settings.onlyRoot === undefined);
const limit = limiter(2);

let matrix: Matrix;
let user: OrdinaryUser;

suite('cases as an ordinary user', () => {
  beforeAll(async () => {
    matrix = await openMatrix();
    user = await userWithSubuids();
  });
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('are nearly all', () => expect(cases.length).toBeGreaterThanOrEqual(all.length - 5));

  it.concurrent.each(cases)('$name', (one) => limit(() => check(one)));
});

async function check(one: Case): Promise<void> {
  await using world = await openStrake(user);
  const prepared = await prepareCase(one, world.work, matrix.host, user);
  const outcome = await buildCase(one, prepared, world, 'as-user');
  const { file, text } = matrix.expectation(one, outcome, world);
  expect(text, outcome.report).toBe(expectedText(one, file));
  await world.assertClean();
}
