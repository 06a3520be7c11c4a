import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage cannot copy from itself.',
} satisfies PlanCase;
