import { join } from 'node:path';
import { run } from '../../../../support/process.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: async (context) => void (await run(['mkfifo', '--mode=0620', join(context, 'tree/fifo')])),
};
