import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --from that is no stage is an image; a single stage is then called by its number.',
} satisfies PlanCase;
