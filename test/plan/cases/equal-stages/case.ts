import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Stages that come out equal are one, though their names and spellings differ.',
} satisfies PlanCase;
