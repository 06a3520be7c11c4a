import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A build arg of all images is reported where none declares it; one of a single image wherever that does not.',
  images: {
    app: { args: { VERSION: '1', COMIT: 'a', OWN: 'x' } },
    tool: { dockerfile: 'tool.Dockerfile', args: { VERSION: '1', COMIT: 'a' } },
  },
} satisfies PlanCase;
