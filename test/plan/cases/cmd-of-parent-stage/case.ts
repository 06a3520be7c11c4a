import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A CMD of the stage it builds on is inherited: ENTRYPOINT drops it.',
} satisfies PlanCase;
