import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'No step is looked up.',
  noCache: true,
} satisfies PlanCase;
