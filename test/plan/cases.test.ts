import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BuildError } from '../../core/base/errors.ts';
import { placeOf } from '../../core/base/source-text.ts';
import { printPlatform } from '../../core/oci/platform.ts';
import { printPlan } from '../../core/planning/print-plan.ts';
import { fileOf, runCase, type PlanCase } from './plan-case.ts';

const root = fileURLToPath(new URL('./cases', import.meta.url));
/** `UPDATE=1 vitest run test/plan/cases.test.ts` writes what comes out; read every line of the difference. */
const update = process.env['UPDATE'] === '1';
const names = readdirSync(root);

/** A folder is a Dockerfile with `case.ts`, why it is there and what is given, and `plan.txt`, what comes out. */
describe('plans', () => {
  test.each(names)('%s', async (name) => {
    const folder = join(root, name);
    const { default: given } = (await import(join(folder, 'case.ts'))) as { default: PlanCase };
    const text = outcome(given, folder);
    const file = join(folder, 'plan.txt');
    if (update) writeFileSync(file, text);
    expect(existsSync(file), `plan.txt is missing; this came out:\n${text}`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('there are many', () => expect(names.length).toBeGreaterThanOrEqual(60));
});

function outcome(given: PlanCase, folder: string): string {
  try {
    const { rounds, plan } = runCase(given, fileOf(folder));
    const asked = rounds.map((round) => {
      const list = round.map(({ text, platform, at }) => `${text} for ${printPlatform(platform)} (${placeOf(at!)})`);
      return `looked up: ${list.join(', ')}\n`;
    });
    return [...asked, printPlan(plan)].join('\n');
  } catch (error) {
    if (!BuildError.is(error)) throw error;
    const at = error.where.at ? ` at ${placeOf(error.where.at)}` : '';
    const hint = error.hint === undefined ? [] : [`hint: ${error.hint}`];
    return `${[`${error.code}, exit ${error.exit}${at}`, error.message, ...hint].join('\n')}\n`;
  }
}
