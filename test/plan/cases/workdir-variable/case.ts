import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'WORKDIR is expanded; an unset variable is empty, which is the directory that is there.',
} satisfies PlanCase;
