import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A named context stands for an image in FROM and --from, in any spelling of its name.',
  contexts: [
    { name: 'debian', kind: 'resolved', text: 'registry.example/debian@pinned' },
    { name: 'docker.io/library/busybox', kind: 'resolved', text: 'mirror/busybox' },
  ],
} satisfies PlanCase;
