import { lutimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  times: true,
  async prepare(context) {
    await lutimes(join(context, 'tree/file'), 1_000_000_000.75, 1_000_000_000.75);
    await lutimes(join(context, 'tree/link'), 1_100_000_000, 1_100_000_000);
    await lutimes(join(context, 'tree/sub'), 1_200_000_000, 1_200_000_000);
    await lutimes(join(context, 'tree'), 1_300_000_000, 1_300_000_000);
    await lutimes(join(context, 'later'), 4_102_444_800, 4_102_444_800);
  },
};
