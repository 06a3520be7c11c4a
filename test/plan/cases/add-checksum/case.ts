import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ADD --checksum is refused until it is carried out.',
} satisfies PlanCase;
