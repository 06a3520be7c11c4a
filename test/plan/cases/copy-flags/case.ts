import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Owner and mode are expanded and checked; they are in history, --link and --from are not.',
} satisfies PlanCase;
