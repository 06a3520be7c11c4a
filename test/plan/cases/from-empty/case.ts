import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'FROM that comes out empty is refused, also in a stage nobody needs.',
} satisfies PlanCase;
