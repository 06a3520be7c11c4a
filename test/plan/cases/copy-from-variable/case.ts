import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '--from is never expanded.',
} satisfies PlanCase;
