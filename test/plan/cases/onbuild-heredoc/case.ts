import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A trigger keeps its heredoc and expands it where it fires.',
} satisfies PlanCase;
