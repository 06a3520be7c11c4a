import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'No step of the named stages is looked up.',
  noCache: ['BUILD'],
} satisfies PlanCase;
