import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  onlyRoot: 'the ids are outside the range that a user has',
};
