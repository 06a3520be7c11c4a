import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) =>
    tarIn(context, 'all.tar', [
      { path: 'before', content: 'before\n' },
      { path: 'null', type: 'char', major: 1, minor: 3 },
      { path: 'loop', type: 'block', major: 7, minor: 0 },
      { path: 'fifo', type: 'fifo' },
      { path: 'after', content: 'after\n' },
    ]),
};
