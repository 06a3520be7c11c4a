import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Addresses of git have several spellings; a path that looks like one is a path.',
} satisfies PlanCase;
