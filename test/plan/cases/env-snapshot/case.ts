import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'All words of one ENV see the variables as they were before it; an overwritten one keeps its place.',
} satisfies PlanCase;
