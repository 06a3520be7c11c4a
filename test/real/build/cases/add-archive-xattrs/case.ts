import { netRawCapability } from '../../../../support/bases/odd.ts';
import { tarIn } from '../../archives.ts';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  prepare: (context) =>
    tarIn(context, 'all.tar', [
      { path: 'd/', type: 'directory', mode: 0o3777, xattrs: { 'user.note': 'directory' } },
      { path: 'd/capable', mode: 0o755, xattrs: { 'security.capability': netRawCapability } },
      { path: 'd/attributes', xattrs: { 'user.binary': Buffer.from([0, 0x3d, 0x0a, 0xff]) } },
      { path: 'd/setuid', mode: 0o6755, uid: 1, gid: 2 },
    ]),
};
