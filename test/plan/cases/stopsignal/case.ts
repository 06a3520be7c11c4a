import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Signals by name or number, out of variables.',
} satisfies PlanCase;
