import type { BuilderHooks, BuildPlan, World } from '../../core/index.ts';
import { judge, type Violation } from './violation.ts';

/** What several policies of one build found in a plan, until the last of them has looked. */
interface Court {
  members: number;
  readonly found: WeakMap<BuildPlan, Violation[]>;
}

const courts = new WeakMap<BuilderHooks, Court>();

/** Policies that hold side by side tell their violations together. The result is to be called by each, in their order. */
export function joinPolicies(
  hooks: BuilderHooks,
): (plan: BuildPlan, violations: readonly Violation[], world: World) => void {
  const court = courts.get(hooks) ?? { members: 0, found: new WeakMap() };
  courts.set(hooks, court);
  const number = ++court.members;
  return (plan, violations, world) => {
    const all = [...(court.found.get(plan) ?? []), ...violations];
    court.found.set(plan, all);
    if (number === court.members) judge(all, world);
  };
}
