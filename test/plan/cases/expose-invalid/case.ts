import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A port beyond the last is refused.',
} satisfies PlanCase;
