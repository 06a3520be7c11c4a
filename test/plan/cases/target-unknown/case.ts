import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A target that is no stage is refused with the nearest name.',
  target: 'biuld',
} satisfies PlanCase;
