import { link } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    await link(join(context, 'tree/one'), join(context, 'tree/two'));
    await link(join(context, 'tree/one'), join(context, 'tree/sub/three'));
  },
};
