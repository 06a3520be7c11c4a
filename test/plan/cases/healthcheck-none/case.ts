import type { PlanCase } from '../../plan-case.ts';

export default {
  why: "HEALTHCHECK NONE switches the base's off.",
  bases: { debian: { env: [['PATH', '/bin']], healthcheck: { test: ['CMD', 'old'] } } },
} satisfies PlanCase;
