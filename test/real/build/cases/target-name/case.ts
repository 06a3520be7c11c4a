import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { target: 'wanted' };
