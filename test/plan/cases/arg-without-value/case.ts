import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An arg without a value is no variable, and yet declared: no remark, an empty place in history.',
} satisfies PlanCase;
