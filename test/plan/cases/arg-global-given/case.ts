import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A build arg beats the default of a global; a default of the stage beats the global default.',
  args: { VERSION: '12' },
} satisfies PlanCase;
