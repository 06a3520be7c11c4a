import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An ARG without a value leaves the variable of the base as it is.',
  bases: {
    debian: {
      env: [
        ['PATH', '/bin'],
        ['LANG', 'C.UTF-8'],
      ],
    },
  },
} satisfies PlanCase;
