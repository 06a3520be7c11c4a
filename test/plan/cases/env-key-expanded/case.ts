import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Keys of ENV and LABEL are expanded too.',
} satisfies PlanCase;
