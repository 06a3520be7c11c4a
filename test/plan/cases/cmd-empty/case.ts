import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An empty list clears; history has it.',
  bases: { debian: { env: [['PATH', '/bin']], cmd: ['bash'], entrypoint: ['init'] } },
} satisfies PlanCase;
