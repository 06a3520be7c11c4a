import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'MAINTAINER is the author of the image; one of the base goes on.',
  bases: { debian: { author: 'Base' } },
} satisfies PlanCase;
