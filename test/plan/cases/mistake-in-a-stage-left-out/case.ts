import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'What stands in a stage that nobody needs is not looked at, but for its FROM.',
} satisfies PlanCase;
