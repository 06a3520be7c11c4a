import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'BUILDKIT_SYNTAX beats the line of the file.',
  args: { BUILDKIT_SYNTAX: 'docker/dockerfile:1' },
} satisfies PlanCase;
