import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    await tarIn(context, 'one.tar', [
      { path: 'shared', content: 'of one\n' },
      { path: 'one', content: 'one\n' },
    ]);
    await tarIn(context, 'two.tar', [
      { path: 'shared', content: 'of two\n' },
      { path: 'f', content: 'of two, over the file\n' },
    ]);
  },
};
