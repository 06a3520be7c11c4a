import { context, type PlanCase } from '../../plan-case.ts';

export default {
  why: 'A named context of files as a base: an empty image with all of them.',
  contexts: [context('files')],
} satisfies PlanCase;
