import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A named context may hold for one platform only.',
  platforms: ['linux/amd64', 'linux/arm64'],
  contexts: [
    { name: 'base::linux/arm64', kind: 'resolved', text: 'arm-base' },
    { name: 'base', kind: 'resolved', text: 'any-base' },
  ],
} satisfies PlanCase;
