import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'TARGETSTAGE is the target as it was given.',
  target: 'Build',
} satisfies PlanCase;
