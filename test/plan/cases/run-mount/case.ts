import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'RUN --mount is refused until it is carried out.',
} satisfies PlanCase;
