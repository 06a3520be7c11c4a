import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Volumes in both forms, expanded; doubles are one.',
} satisfies PlanCase;
