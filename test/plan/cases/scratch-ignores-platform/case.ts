import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An empty base is for the target whatever --platform says.',
} satisfies PlanCase;
