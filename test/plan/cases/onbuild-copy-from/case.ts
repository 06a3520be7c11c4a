import type { PlanCase } from '../../plan-case.ts';

export default {
  why: "A trigger may copy from a stage of the child's file, or from an image, which takes another round.",
  bases: {
    parent: { env: [['PATH', '/bin']], onBuild: ['COPY --from=build /app /app', 'COPY --from=busybox /bin/sh /bin/'] },
  },
} satisfies PlanCase;
