import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A build arg beats a platform arg, in FROM and in a stage.',
  args: { TARGETARCH: 'mine', TARGETOS: 'plan9', TARGETPLATFORM: 'linux/s390x' },
} satisfies PlanCase;
