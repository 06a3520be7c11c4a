import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'check=error=true makes failures of remarks.',
} satisfies PlanCase;
