import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Images that need one another are refused.',
  images: {
    a: { dockerfile: 'a.Dockerfile', contexts: [{ name: 'other', kind: 'image', image: 'b' }] },
    b: { dockerfile: 'b.Dockerfile', contexts: [{ name: 'other', kind: 'image', image: 'a' }] },
  },
} satisfies PlanCase;
