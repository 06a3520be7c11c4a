import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '--platform that is constant or says what holds anyway is remarked on; a name that tells of it helps.',
} satisfies PlanCase;
