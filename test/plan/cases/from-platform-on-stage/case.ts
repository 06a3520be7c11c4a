import type { PlanCase } from '../../plan-case.ts';

export default {
  why: '--platform on a stage changes nothing: its platform goes on.',
  platforms: ['linux/arm64'],
} satisfies PlanCase;
