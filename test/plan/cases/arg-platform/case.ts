import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Platform args are global: a stage sees those it declares.',
  platforms: ['linux/amd64', 'linux/arm/v7'],
} satisfies PlanCase;
