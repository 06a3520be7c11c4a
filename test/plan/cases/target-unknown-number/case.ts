import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A number beyond the last stage is no target.',
  target: '2',
} satisfies PlanCase;
