import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An arg has its default, which may use what stands above it, also to its left.',
} satisfies PlanCase;
