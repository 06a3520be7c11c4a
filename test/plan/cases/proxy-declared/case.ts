import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A proxy that is declared is an arg like any other; the machine is no build arg.',
  args: { HTTP_PROXY: 'http://given' },
  proxies: [['NO_PROXY', 'local']],
} satisfies PlanCase;
