import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Labels of the request lie on top, in a stage of their own, so that the steps are shared.',
  labels: { b: 'request', c: '3' },
} satisfies PlanCase;
