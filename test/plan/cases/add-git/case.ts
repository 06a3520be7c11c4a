import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ADD of a git repository is refused until it is carried out.',
} satisfies PlanCase;
