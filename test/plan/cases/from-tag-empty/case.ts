import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A variable without a value leaves no name: it is named, and not the grammar of names explained.',
} satisfies PlanCase;
