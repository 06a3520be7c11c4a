import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --from takes the number of a stage.',
} satisfies PlanCase;
