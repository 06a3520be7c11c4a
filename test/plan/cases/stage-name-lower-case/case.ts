import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'FROM finds a stage by its lower-case spelling alone; any other spelling is an image.',
} satisfies PlanCase;
