import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A declared SOURCE_DATE_EPOCH holds the epoch of the build.',
  sourceDateEpoch: 1700000000,
} satisfies PlanCase;
