import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A base without a PATH gets one; a base that has it keeps its own.',
  bases: { tiny: {} },
} satisfies PlanCase;
