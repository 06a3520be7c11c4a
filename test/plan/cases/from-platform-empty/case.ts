import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '--platform that comes out empty is refused.',
} satisfies PlanCase;
