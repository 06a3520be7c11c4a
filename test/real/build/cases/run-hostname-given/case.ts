import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { args: { BUILDKIT_SANDBOX_HOSTNAME: 'given' } };
