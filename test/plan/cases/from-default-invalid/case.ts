import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'FROM should name an image when no build args are given.',
  args: { BASE: 'alpine' },
} satisfies PlanCase;
