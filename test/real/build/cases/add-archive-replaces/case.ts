import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) =>
    tarIn(context, 'all.tar', [
      { path: 'merged/', type: 'directory', mode: 0o700, uid: 1000, gid: 50 },
      { path: 'merged/new', content: 'new\n' },
      { path: 'was-directory', content: 'a file now\n' },
      { path: 'was-file/', type: 'directory' },
      { path: 'was-file/inside', content: 'inside\n' },
      { path: 'was-other/', type: 'directory' },
      { path: 'twice', content: 'first\n' },
      { path: 'twice', content: 'second\n', mode: 0o600 },
    ]),
};
