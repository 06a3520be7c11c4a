import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'USER and WORKDIR of the base go on; a new directory belongs to the user in force.',
  bases: { app: { env: [['PATH', '/bin']], user: '1000:1000', workingDir: '/home/app' } },
} satisfies PlanCase;
