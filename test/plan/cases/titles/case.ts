import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Steps are numbered as people know it: FROM of an image counts, ENV does not; ten steps make two digits.',
} satisfies PlanCase;
