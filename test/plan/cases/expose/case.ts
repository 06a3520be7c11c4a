import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Ports with ranges and protocols, out of variables; what is there already stays one.',
  bases: { nginx: { env: [['PATH', '/bin']], exposedPorts: ['80/tcp'] } },
} satisfies PlanCase;
