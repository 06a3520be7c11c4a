import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A web address that ends in .git is a repository.',
} satisfies PlanCase;
