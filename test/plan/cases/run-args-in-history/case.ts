import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'History shows declared args in their order, each once, inherited ones first.',
} satisfies PlanCase;
