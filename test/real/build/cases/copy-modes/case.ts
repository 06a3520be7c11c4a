import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    const at = (path: string): string => join(context, path);
    await mkdir(at('files/sub'), { recursive: true });
    await mkdir(at('files/sub/closed'));
    for (const mode of [0o600, 0o444, 0o666, 0o777, 0o4755, 0o2755, 0o6711, 0o1644]) {
      await writeFile(at(`files/${mode.toString(8)}`), `${mode.toString(8)}\n`);
      await chmod(at(`files/${mode.toString(8)}`), mode);
    }
    await chmod(at('files/sub/closed'), 0o700);
    await chmod(at('files/sub'), 0o3771);
    await chmod(at('files'), 0o700);
  },
};
