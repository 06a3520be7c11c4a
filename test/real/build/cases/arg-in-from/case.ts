import type { CaseSettings } from '../../case.ts';

/** The runner writes the registry's name in front of `base/` in the Dockerfile only where it reads so. */
export const settings: CaseSettings = { baseArgs: { NAME: 'base' }, args: { KIND: 'busybox' } };
