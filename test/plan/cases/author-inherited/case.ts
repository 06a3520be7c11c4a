import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'The author of a base is the author of what is built on it.',
  bases: { debian: { env: [['PATH', '/bin']], author: 'Base' } },
} satisfies PlanCase;
