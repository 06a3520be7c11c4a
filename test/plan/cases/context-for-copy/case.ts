import { context, type PlanCase } from '../../plan-case.ts';

export default {
  why: 'A named context of files is what COPY --from reads.',
  contexts: [context('docs')],
} satisfies PlanCase;
