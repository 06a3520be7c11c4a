import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  onlyRoot: 'a user namespace cannot make devices',
};
