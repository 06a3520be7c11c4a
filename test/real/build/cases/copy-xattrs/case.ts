import { join } from 'node:path';
import { ensurePackages } from '../../../../support/packages.ts';
import { run } from '../../../../support/process.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    await ensurePackages(['attr']);
    const set = (path: string, name: string, value: string): Promise<unknown> =>
      run(['setfattr', '--name', name, '--value', value, join(context, path)]);
    await set('file', 'user.text', 'of a file');
    await set('tree/sub', 'user.directory', 'too');
    await set('tree/sub/inner', 'user.binary', '0x003d0aff');
  },
};
