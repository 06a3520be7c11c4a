import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Proxies reach a RUN undeclared, in both cases, and appear in no history; build args beat the machine.',
  args: { HTTP_PROXY: 'http://given' },
  proxies: [
    ['http_proxy', 'http://machine'],
    ['HTTPS_PROXY', 'http://secure'],
    ['OTHER', 'x'],
  ],
} satisfies PlanCase;
