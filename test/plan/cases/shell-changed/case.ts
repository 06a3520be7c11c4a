import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'SHELL holds for all shell forms below it and for children; HEALTHCHECK keeps its text.',
} satisfies PlanCase;
