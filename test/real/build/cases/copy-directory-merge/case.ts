import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) => chmod(join(context, 'tree/var/tmp'), 0o750),
};
