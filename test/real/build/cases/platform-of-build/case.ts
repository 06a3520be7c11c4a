import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { platform: 'linux/arm64' };
