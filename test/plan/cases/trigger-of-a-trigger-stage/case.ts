import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage that only carries triggers gives them to each child anew.',
} satisfies PlanCase;
