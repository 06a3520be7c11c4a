import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A mode that is none is refused.',
} satisfies PlanCase;
