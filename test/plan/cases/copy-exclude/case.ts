import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --exclude is refused until it is carried out.',
} satisfies PlanCase;
