import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A signal nobody knows is refused.',
} satisfies PlanCase;
