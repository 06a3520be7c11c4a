import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) =>
    tarIn(context, 'all.tar', [
      { path: 'through/f', content: 'f\n' },
      { path: 'replaced/', type: 'directory', mode: 0o750 },
      { path: 'replaced/g', content: 'g\n' },
      { path: 'file', content: 'no link any more\n' },
    ]),
};
