import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A relative WORKDIR without an absolute one in the file is remarked on, the first time only.',
} satisfies PlanCase;
