import { context, type PlanCase } from '../../plan-case.ts';

export default {
  why: '`scratch` and `context` cannot be replaced.',
  contexts: [context('scratch')],
} satisfies PlanCase;
