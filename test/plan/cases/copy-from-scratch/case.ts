import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Copying from nothing is possible, if pointless: the origin is an empty stage.',
} satisfies PlanCase;
