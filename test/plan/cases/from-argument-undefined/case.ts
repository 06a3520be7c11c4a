import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'FROM with an arg nobody declares: a remark, and an empty part.',
} satisfies PlanCase;
