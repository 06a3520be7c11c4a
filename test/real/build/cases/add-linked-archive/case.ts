import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) => tarIn(context, 'sub/all.tar', [{ path: 'f', content: 'f\n' }]),
};
