import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '${BASE:?…} says by itself that there is no default.',
} satisfies PlanCase;
