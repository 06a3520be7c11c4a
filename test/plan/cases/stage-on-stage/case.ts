import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage built on a stage inherits its config and sees its args; the base is planned before it.',
} satisfies PlanCase;
