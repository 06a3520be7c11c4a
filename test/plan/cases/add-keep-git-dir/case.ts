import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ADD --keep-git-dir is refused until it is carried out.',
} satisfies PlanCase;
