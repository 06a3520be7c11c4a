import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A context that is an image of the run: its final stage is the base, or what is copied from, labels and triggers included.',
  images: {
    app: {
      dockerfile: 'app.Dockerfile',
      contexts: [
        { name: 'base', kind: 'image', image: 'base' },
        { name: 'tools', kind: 'image', image: 'tools' },
      ],
    },
    base: { dockerfile: 'base.Dockerfile', labels: { base: 'yes' } },
    tools: { dockerfile: 'tools.Dockerfile', target: 'out' },
  },
} satisfies PlanCase;
