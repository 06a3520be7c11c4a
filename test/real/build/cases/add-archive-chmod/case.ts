import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) =>
    tarIn(context, 'all.tar', [
      { path: 'd/', type: 'directory', mode: 0o711 },
      { path: 'd/g', mode: 0o604 },
    ]),
};
