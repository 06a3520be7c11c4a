import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'With a mode, --link is an ordinary copy, as in BuildKit.',
} satisfies PlanCase;
