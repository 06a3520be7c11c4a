import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage cannot copy from one below it.',
} satisfies PlanCase;
