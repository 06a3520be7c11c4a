import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'COPY --from an image means the platform that is built for, also in a stage of another.',
  platforms: ['linux/arm64'],
} satisfies PlanCase;
