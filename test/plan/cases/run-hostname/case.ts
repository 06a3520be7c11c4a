import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'The host of a RUN has a fixed name, unless a build arg gives another.',
  args: { BUILDKIT_SANDBOX_HOSTNAME: 'builder' },
} satisfies PlanCase;
