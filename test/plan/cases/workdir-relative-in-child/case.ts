import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A relative WORKDIR is fine where the stage it builds on set an absolute one.',
} satisfies PlanCase;
