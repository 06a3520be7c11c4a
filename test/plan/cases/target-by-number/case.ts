import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A target may be a number; the stage is called by it.',
  target: '0',
} satisfies PlanCase;
