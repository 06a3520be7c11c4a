import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A word above the ARG does not see it.',
} satisfies PlanCase;
