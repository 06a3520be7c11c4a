import { context, type PlanCase } from '../../plan-case.ts';

export default {
  why: "A named context of a stage's name stands for the whole stage: its base is never asked for.",
  contexts: [context('build')],
} satisfies PlanCase;
