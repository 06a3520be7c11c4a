import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'RUN --device is refused until it is carried out.',
} satisfies PlanCase;
