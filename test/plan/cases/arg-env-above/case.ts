import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An ARG below an ENV of its name wins in its stage, but the image keeps the ENV, and so does a child.',
} satisfies PlanCase;
