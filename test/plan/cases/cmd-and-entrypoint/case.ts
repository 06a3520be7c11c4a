import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Setting ENTRYPOINT drops a CMD the base brought.',
  bases: { node: { env: [['PATH', '/bin']], cmd: ['node'], entrypoint: ['docker-entrypoint.sh'] } },
} satisfies PlanCase;
