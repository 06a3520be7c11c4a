import { sample, tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    await tarIn(context, 'all.tar.gz', sample, 'gzip');
    await tarIn(context, 'named-otherwise', [{ path: 'otherwise', content: 'otherwise\n' }], 'gzip');
  },
};
