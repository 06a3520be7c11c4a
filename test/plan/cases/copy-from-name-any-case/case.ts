import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --from finds a stage whatever the case of the letters.',
} satisfies PlanCase;
