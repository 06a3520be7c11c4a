import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY does not fetch.',
} satisfies PlanCase;
