import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A context that names no image of the run is refused.',
  contexts: [{ name: 'base', kind: 'image', image: 'bsae' }],
} satisfies PlanCase;
