import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ADD unpacks unless told otherwise; the rest is as COPY.',
} satisfies PlanCase;
