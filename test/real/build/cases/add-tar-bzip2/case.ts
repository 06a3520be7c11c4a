import { sample, tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) => tarIn(context, 'all.tar.bz2', sample, 'bzip2'),
};
