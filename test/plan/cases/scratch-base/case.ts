import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage on nothing begins with a PATH and the root as its directory; no FROM is counted.',
} satisfies PlanCase;
