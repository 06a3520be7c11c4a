import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'RUN --network other than the default is refused until it is carried out.',
} satisfies PlanCase;
