import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Checks are switched off for a file or for one instruction.',
} satisfies PlanCase;
