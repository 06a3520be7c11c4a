import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'RUN --security=insecure is refused until it is carried out; sandbox is what there is.',
} satisfies PlanCase;
