import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '--platform that is none is refused at its place.',
} satisfies PlanCase;
