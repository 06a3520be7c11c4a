import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'The smallest image that does something: a base, a file, a command.',
} satisfies PlanCase;
