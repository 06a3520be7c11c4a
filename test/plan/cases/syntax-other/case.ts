import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A frontend of somebody else is refused.',
} satisfies PlanCase;
