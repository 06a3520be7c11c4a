import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A trigger that cannot be read is reported at the FROM that fires it.',
  bases: { parent: { onBuild: ['CPOY . /src'] } },
} satisfies PlanCase;
