import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A global arg is for FROM; a stage sees it once it declares it, with the global value.',
} satisfies PlanCase;
