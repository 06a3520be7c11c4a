import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A pattern that is none is refused at its word; a backslash is gone once the word is expanded.',
} satisfies PlanCase;
