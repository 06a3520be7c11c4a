import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Inline files: expanded unless quoted, named by their delimiter in a directory.',
} satisfies PlanCase;
