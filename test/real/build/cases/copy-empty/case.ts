import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    await mkdir(join(context, 'tree/hollow/inner'), { recursive: true });
    await writeFile(join(context, 'empty'), '');
  },
};
