import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A number beyond the last stage is refused.',
} satisfies PlanCase;
