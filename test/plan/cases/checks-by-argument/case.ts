import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'BUILDKIT_DOCKERFILE_CHECK beats the line of the file.',
  args: { BUILDKIT_DOCKERFILE_CHECK: 'skip=UndefinedVar' },
} satisfies PlanCase;
