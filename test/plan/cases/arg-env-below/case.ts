import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An ENV below an ARG of its name wins; history shows the value in force.',
} satisfies PlanCase;
