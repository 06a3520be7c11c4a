import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A global arg without a value is declared all the same: an empty part, and no remark.',
} satisfies PlanCase;
