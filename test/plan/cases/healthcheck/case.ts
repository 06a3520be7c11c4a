import type { PlanCase } from '../../plan-case.ts';

export default {
  why: "A HEALTHCHECK replaces the base's as a whole; times in history as Go prints them.",
  bases: { debian: { env: [['PATH', '/bin']], healthcheck: { test: ['CMD', 'old'], startInterval: 5e9 } } },
} satisfies PlanCase;
