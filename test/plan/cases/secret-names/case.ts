import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'ARG and ENV whose names look like secrets are remarked on.',
} satisfies PlanCase;
