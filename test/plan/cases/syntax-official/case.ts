import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'The official frontends are built in, whatever their version.',
} satisfies PlanCase;
