import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage is needed when only a trigger of the base reads from it.',
  bases: { parent: { onBuild: ['COPY --from=0 /tool /bin/'] } },
} satisfies PlanCase;
