import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A heredoc that begins with #! is a file of its own, which is run.',
} satisfies PlanCase;
