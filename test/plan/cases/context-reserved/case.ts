import { context, type PlanCase } from '../../plan-case.ts';

export default {
  why: '`scratch` and `context` cannot be replaced, neither as images nor as stages.',
  contexts: [context('scratch'), context('context')],
} satisfies PlanCase;
