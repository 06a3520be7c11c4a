import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { dockerfileInContext: true };
