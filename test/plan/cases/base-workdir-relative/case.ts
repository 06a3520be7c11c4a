import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A base whose directory is written relatively means one below the root.',
  bases: { odd: { env: [['PATH', '/bin']], workingDir: 'srv/' } },
} satisfies PlanCase;
