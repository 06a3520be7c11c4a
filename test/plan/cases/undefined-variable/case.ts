import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A variable nobody defines is remarked on, with the nearest name; a fallback is no mistake.',
} satisfies PlanCase;
