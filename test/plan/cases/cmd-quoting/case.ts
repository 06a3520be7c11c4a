import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'History quotes CMD as Go does.',
} satisfies PlanCase;
