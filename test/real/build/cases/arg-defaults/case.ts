import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { args: { A: 'given', B: '' } };
