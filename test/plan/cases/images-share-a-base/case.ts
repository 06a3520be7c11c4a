import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'Images that build on the same stages share them; labels differ on top.',
  images: { api: { dockerfile: 'api.Dockerfile', labels: { name: 'api' } }, web: { dockerfile: 'web.Dockerfile' } },
} satisfies PlanCase;
