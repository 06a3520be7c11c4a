import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A volume that comes out empty is refused.',
} satisfies PlanCase;
