import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    // Level 0: the bytes do not depend on the version of zlib.
    await writeFile(join(context, 'compressed.gz'), gzipSync('no tar\n', { level: 0 }));
    await writeFile(join(context, 'empty.tar'), '');
  },
};
