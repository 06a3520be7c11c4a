import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ADD of an address is refused until it is carried out.',
} satisfies PlanCase;
