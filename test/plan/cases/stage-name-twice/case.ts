import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Of two stages with one name, FROM and COPY --from mean the nearest above.',
} satisfies PlanCase;
