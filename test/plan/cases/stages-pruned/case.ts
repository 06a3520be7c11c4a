import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Only what the target needs is planned; the base of a stage left out is never asked for.',
} satisfies PlanCase;
