import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Relative destinations join the directory; a slash, a dot or nothing at all mean into it.',
} satisfies PlanCase;
