import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A build arg beats the default, also when it is empty.',
  args: { A: 'given', B: '', C: 'c' },
} satisfies PlanCase;
