/** A system in two megabytes: busybox with all its applets, a few users, nothing else. */
import { readFile } from 'node:fs/promises';
import { unpackPackages } from '../debian-archive.ts';
import type { ImageInput } from '../oci-layout.ts';
import { ensurePackages } from '../packages.ts';
import { run } from '../process.ts';
import { writeTar, type TarItem } from '../raw-tar.ts';
import { tempDir } from '../temp-dir.ts';

const mtime = 1_704_067_200;

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
app:x:1000:1000:an ordinary user:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`;

const group = `root:x:0:
daemon:x:1:
staff:x:50:app
app:x:1000:
nogroup:x:65534:
`;

/** The files of the system, as a tar; `more` comes last. Applets are symlinks to /bin/busybox. */
export async function busyboxTar(binary: Buffer, more: readonly TarItem[] = []): Promise<Buffer> {
  await ensurePackages(['busybox-static']);
  const applets = (await run(['busybox', '--list-full'])).stdout.trim().split('\n');
  const directory = (path: string, mode = 0o755, id = 0): TarItem => ({
    path: `${path}/`,
    type: 'directory',
    mode,
    uid: id,
    gid: id,
    mtime,
  });
  const places = [
    'bin',
    'dev',
    'etc',
    'home',
    'proc',
    'run',
    'sbin',
    'sys',
    'usr',
    'usr/bin',
    'usr/sbin',
    'var',
    'var/log',
  ];
  return writeTar([
    ...places.map((path) => directory(path)),
    directory('root', 0o700),
    directory('home/app', 0o755, 1000),
    directory('tmp', 0o1777),
    directory('var/tmp', 0o1777),
    { path: 'bin/busybox', mode: 0o755, content: binary, mtime },
    ...applets
      .filter((path) => path !== 'bin/busybox')
      .map((path): TarItem => ({ path, type: 'symlink', link: '/bin/busybox', mtime })),
    { path: 'etc/passwd', content: passwd, mtime },
    { path: 'etc/group', content: group, mtime },
    ...more,
  ]);
}

/** What every image of busybox says about running it. */
export const busyboxConfig = {
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cmd: ['/bin/sh'],
};

/** The busybox program for an architecture of Debian. */
export async function busyboxBinary(architecture: 'amd64' | 'arm64'): Promise<Buffer> {
  await ensurePackages(['busybox-static']);
  if (architecture === (process.arch === 'arm64' ? 'arm64' : 'amd64')) return readFile('/bin/busybox');
  await using directory = await tempDir('busybox');
  await unpackPackages(['busybox-static'], directory.path, { architecture });
  return readFile(directory.at('bin/busybox'));
}

/** The image for one platform, in one layer. */
export async function busyboxImage(architecture: 'amd64' | 'arm64'): Promise<ImageInput> {
  const tar = await busyboxTar(await busyboxBinary(architecture));
  const platform = { os: 'linux', architecture };
  return { platform, layers: [{ tar, createdBy: `busybox for ${architecture}` }], config: busyboxConfig };
}
