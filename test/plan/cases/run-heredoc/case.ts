import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A heredoc alone is the script; with a command before it the shell gets all of it.',
} satisfies PlanCase;
