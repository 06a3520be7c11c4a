import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A base for another platform than asked for is remarked on.',
  bases: { odd: { env: [['PATH', '/bin']], platform: 'linux/s390x' } },
} satisfies PlanCase;
