import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage shadows an image of its name only below it; its own name means the image.',
} satisfies PlanCase;
