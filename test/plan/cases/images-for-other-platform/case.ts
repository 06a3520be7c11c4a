import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'An image of the run that is needed for a platform nobody asked it for is planned for that too.',
  images: {
    app: {
      dockerfile: 'app.Dockerfile',
      platforms: ['linux/arm64'],
      contexts: [{ name: 'tools', kind: 'image', image: 'tools' }],
    },
    tools: { dockerfile: 'tools.Dockerfile' },
  },
} satisfies PlanCase;
