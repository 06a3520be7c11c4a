/** Images whose archives hold what is rare but allowed. */
import type { ImageInput, LayerInput } from '../oci-layout.ts';
import { writeTar, type TarItem } from '../raw-tar.ts';
import { busyboxBinary, busyboxConfig, busyboxImage, busyboxTar } from './busybox.ts';

const mtime = 1_704_067_200;
const bytes = (...values: number[]): Buffer => Buffer.from(values);
const file = (path: TarItem['path'], more: Partial<TarItem> = {}): TarItem => ({
  path,
  content: `content of ${String(path)}\n`,
  mtime,
  ...more,
});
const directory = (path: string, more: Partial<TarItem> = {}): TarItem => ({
  path: `${path}/`,
  type: 'directory',
  mtime,
  ...more,
});
const link = (path: TarItem['path'], to: TarItem['path']): TarItem => ({ path, type: 'symlink', link: to, mtime });

/** `cap_net_raw+ep`, as the kernel keeps it in `security.capability` (version 2). */
export const netRawCapability = bytes(1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

const names: TarItem[] = [
  directory('odd'),
  file(Buffer.concat([Buffer.from('odd/latin1-'), bytes(0xe9)])),
  { path: Buffer.concat([Buffer.from('odd/'), bytes(0xff, 0xfe), Buffer.from('/')]), type: 'directory', mtime },
  file(Buffer.concat([Buffer.from('odd/'), bytes(0xff, 0xfe), Buffer.from('/inside')])),
  file('odd/two\nlines'),
  file('odd/back\\slash'),
  file('odd/ends with space '),
  file('odd/-rf'),
  file('odd/größe-日本-🚢'),
  file(`odd/${'n'.repeat(255)}`),
  file(`odd/gnu-${'g'.repeat(200)}`, { dialect: 'gnu' }),
  directory(`odd/${'a-long-name/'.repeat(25)}end`),
  file(`odd/${'a-long-name/'.repeat(25)}end/file`),
];

const kinds: TarItem[] = [
  file('odd/setuid', { mode: 0o4755 }),
  file('odd/setgid', { mode: 0o2755, gid: 50 }),
  directory('odd/sticky', { mode: 0o1777 }),
  directory('odd/setgid-directory', { mode: 0o2775, gid: 50 }),
  file('odd/no-rights', { mode: 0 }),
  directory('odd/closed', { mode: 0 }),
  file('odd/closed/inside'),
  file('odd/empty', { content: '' }),
  file('odd/owned', { uid: 1000, gid: 1000, uname: 'somebody-else', gname: 'staff' }),
  { path: 'odd/fifo', type: 'fifo', mode: 0o600, mtime },
  file('odd/capable', { mode: 0o755, xattrs: { 'security.capability': netRawCapability } }),
  file('odd/attributes', {
    xattrs: { 'user.binary': bytes(0, 0x3d, 0x0a, 0xff), 'user.empty': '', 'user.text': 'größe' },
  }),
  directory('odd/attributes-directory', { xattrs: { 'user.note': 'a directory may have them too' } }),
  file('odd/hard-1', { content: 'one inode\n' }),
  { path: 'odd/hard-2', type: 'hardlink', link: 'odd/hard-1', mtime },
  { path: 'odd/sticky/hard-3', type: 'hardlink', link: 'odd/hard-1', mtime },
  { path: 'odd/setuid-too', type: 'hardlink', link: 'odd/setuid', mode: 0o4755, mtime },
  link('odd/dangling', 'nowhere'),
  link('odd/loop', 'loop'),
  link('odd/absolute', '/odd/empty'),
  link('odd/link-in-bytes', bytes(0x61, 0xff)),
  link('odd/long-link', `./${'l'.repeat(300)}`),
  { path: 'odd/hard-to-link', type: 'hardlink', link: 'odd/dangling', mtime },
  file('odd/after-2038', { mtime: 4_102_444_800 }),
  file('odd/after-2242', { mtime: 8_589_934_592 + 5 }),
  file('odd/before-1970', { mtime: -86_400 }),
  file('odd/before-1970-gnu', { mtime: -86_400, dialect: 'gnu' }),
  file('odd/fraction', { mtime: mtime + 0.25 }),
  // No entries for the directories on the way.
  file('implied/one/two/file'),
];

const lower: TarItem[] = [
  ...['opaque', 'opaque/kept-not', 'removed', 'removed/deep', 'kept', 'becomes-file', 'becomes-link', 'comes-back'].map(
    (path) => directory(`up/${path}`),
  ),
  ...[
    'opaque/gone',
    'opaque/kept-not/gone',
    'removed/deep/gone',
    'gone',
    'kept/inside',
    'becomes-file/gone',
    'becomes-link/gone',
  ].map((path) => file(`up/${path}`)),
  file('up/becomes-directory'),
  file('up/comes-back/old'),
  file('up/pair-1', { content: 'a pair\n' }),
  { path: 'up/pair-2', type: 'hardlink', link: 'up/pair-1', mtime },
];

const upper: TarItem[] = [
  directory('up/opaque', { mode: 0o700 }),
  file('up/opaque/.wh..wh..opq', { content: '' }),
  file('up/opaque/new'),
  file('up/.wh.gone', { content: '' }),
  file('up/.wh.removed', { content: '' }),
  file('up/.wh.never-was', { content: '' }),
  file('up/.wh.comes-back', { content: '' }),
  directory('up/kept', { mode: 0o750, uid: 1000, gid: 1000 }),
  file('up/becomes-file'),
  directory('up/becomes-directory'),
  file('up/becomes-directory/inside'),
  link('up/becomes-link', 'kept'),
  file('up/pair-1', { content: 'no pair any more\n' }),
];

const top: TarItem[] = [
  directory('up/comes-back'),
  file('up/comes-back/new'),
  file('up/gone', { content: 'here again\n' }),
];

const devices: TarItem[] = [
  directory('odd'),
  { path: 'odd/null', type: 'char', major: 1, minor: 3, mode: 0o666, mtime },
  { path: 'odd/loop', type: 'block', major: 7, minor: 0, mode: 0o660, gid: 50, mtime },
  { path: 'odd/large-minor', type: 'char', major: 300, minor: 70_000, mode: 0o600, mtime },
];

const ids: TarItem[] = [
  directory('odd'),
  file('odd/above-octal', { uid: 3_000_000, gid: 3_000_001 }),
  file('odd/above-octal-gnu', { uid: 3_000_000, gid: 3_000_001, dialect: 'gnu' }),
  file('odd/largest', { uid: 4_294_967_293, gid: 4_294_967_293 }),
  directory('odd/owned-directory', { uid: 3_000_000, gid: 3_000_001 }),
];

/** `odd` an ordinary user with a range of ids can unpack whole; `odd-devices` and `odd-ids` only root can. */
export async function oddImages(): Promise<Map<string, ImageInput>> {
  const system = await busyboxTar(await busyboxBinary('amd64'));
  const image = (...layers: readonly TarItem[][]): ImageInput => ({
    layers: [
      { tar: system, createdBy: 'busybox' },
      ...layers.map((items, at): LayerInput => ({ tar: writeTar(items), createdBy: `odd ${at + 1}` })),
    ],
    config: busyboxConfig,
  });
  const packed = (compression: LayerInput['compression'] & string): LayerInput => ({
    tar: writeTar([file(`packed/${compression}`)]),
    compression,
  });
  return new Map<string, ImageInput>([
    ['odd', image([...names, ...kinds, directory('up'), ...lower], upper, top)],
    ['odd-devices', image(devices)],
    ['odd-ids', image(ids)],
    ['odd-docker', { ...(await busyboxImage('amd64')), docker: true }],
    [
      'odd-compressions',
      { layers: [{ tar: system }, packed('none'), packed('zstd'), packed('gzip-members')], config: busyboxConfig },
    ],
  ]);
}
