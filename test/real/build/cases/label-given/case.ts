import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { labels: { mine: 'given', 'of-base': 'given', new: 'with blank' } };
