import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A target is found in any case of letters; what stands below it is left out.',
  target: 'BUILD',
} satisfies PlanCase;
