import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A CMD of this very stage stays, though ENTRYPOINT comes after it.',
} satisfies PlanCase;
