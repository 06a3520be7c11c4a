import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Triggers of a stage fire in its child, not in its grandchild; ONBUILD itself is no step.',
} satisfies PlanCase;
