import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { BuildError } from '../../core/base/errors.ts';
import type { BuildPlan, StageId } from '../../core/contract/model.ts';
import { planJson } from '../../core/planning/plan-json.ts';
import { fileOf, runCase, type PlanCase } from './plan-case.ts';

const root = fileURLToPath(new URL('./cases', import.meta.url));

/** Every case that is a plan; those that are refused have none. */
async function plans(): Promise<readonly { readonly name: string; readonly plan: BuildPlan; again(): BuildPlan }[]> {
  const found = [];
  for (const name of readdirSync(root)) {
    const folder = join(root, name);
    const { default: given } = (await import(join(folder, 'case.ts'))) as { default: PlanCase };
    const again = (): BuildPlan => runCase(given, fileOf(folder)).plan;
    try {
      found.push({ name, plan: again(), again });
    } catch (error) {
      if (!BuildError.is(error)) throw error;
    }
  }
  return found;
}
const all = await plans();

test('there are plans to look at', () => expect(all.length).toBeGreaterThanOrEqual(60));

test.each(all)(
  '$name: a stage comes after all it stands on and reads from, once, and somebody needs it',
  ({ plan }) => {
    const seen = new Set<StageId>();
    const needed = new Set(plan.images.map(({ stage }) => stage));
    for (const stage of plan.stages) {
      const reads = stage.steps.flatMap(({ action }) =>
        action.kind === 'copy' && action.origin.kind === 'stage' ? [action.origin.stage] : [],
      );
      for (const id of [...reads, ...(stage.base.kind === 'stage' ? [stage.base.stage] : [])]) {
        expect(seen).toContain(id);
        needed.add(id);
      }
      expect(seen).not.toContain(stage.id);
      seen.add(stage.id);
    }
    expect(seen).toEqual(needed);
  },
);

test.each(all)('$name: steps are different, keys name each input once, layers and history agree', ({ plan }) => {
  for (const { steps, config } of plan.stages) {
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
    for (const { asked, history, action } of steps) {
      expect(new Set(asked.map(([name]) => name)).size).toBe(asked.length);
      expect(history.emptyLayer === true).toBe(action.kind === 'config');
      expect(history.created).toBeUndefined();
    }
    // What follows the last step, as ONBUILD may, changes triggers alone.
    const last = steps.at(-1)?.config;
    if (last) expect({ ...config, onBuild: [] }).toEqual({ ...last, onBuild: [] });
  }
});

test.each(all)('$name: planned again it is the same, and it is plain data', ({ plan, again }) => {
  const text = JSON.stringify(planJson(plan));
  expect(JSON.stringify(planJson(again()))).toBe(text);
  expect(text).not.toContain('[object');
  expect(JSON.parse(text)).toEqual(planJson(plan));
});
