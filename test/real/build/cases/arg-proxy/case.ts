import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = { args: { HTTP_PROXY: 'http://proxy.example:3128', no_proxy: 'localhost' } };
