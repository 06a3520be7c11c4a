import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Sources lie below the root whatever they say; patterns and bytes stay as they are.',
} satisfies PlanCase;
