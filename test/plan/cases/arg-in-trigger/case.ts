import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An arg that only a trigger declares counts as declared.',
  args: { TOKEN_NAME: 'x' },
  bases: { parent: { onBuild: ['ARG TOKEN_NAME'] } },
} satisfies PlanCase;
