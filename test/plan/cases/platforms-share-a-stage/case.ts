import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A stage that does not depend on the target is one, however many platforms are built.',
  platforms: ['linux/amd64', 'linux/arm64'],
} satisfies PlanCase;
