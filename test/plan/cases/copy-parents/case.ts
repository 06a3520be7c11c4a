import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --parents is refused until it is carried out.',
} satisfies PlanCase;
