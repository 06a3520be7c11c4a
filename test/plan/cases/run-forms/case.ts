import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Exec form as it is, shell form behind the SHELL; neither is expanded.',
} satisfies PlanCase;
