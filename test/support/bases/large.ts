/** A large image, as people build on: Debian and four fat layers on top. */
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { blobFile, writeLayout, type LayerInput } from '../oci-layout.ts';
import type { Manifest } from '../oci-types.ts';
import { cleanEnv, run } from '../process.ts';
import { tempDir } from '../temp-dir.ts';
import type { BaseImage } from './base-image.ts';
import { debianConfig, tarOf } from './debian.ts';

/** What each layer installs; together about 1.3 GB in 45,000 files. */
const layers = [
  ['gcc', 'g++', 'make', 'libc6-dev'],
  ['git', 'perl', 'python3', 'python3-dev', 'python3-pip', 'ca-certificates', 'curl'],
  ['golang-go'],
  ['nodejs', 'npm', 'clang'],
];

/** Writes the image on top of the Debian base into a layout; each layer is made when its turn comes. */
export async function writeLarge(layout: string, debian: BaseImage): Promise<void> {
  const manifest = JSON.parse(await readFile(blobFile(debian.directory, debian.descriptor.digest), 'utf8')) as Manifest;
  const lowest = blobFile(debian.directory, manifest.layers[0]!.digest);
  await using directory = await tempDir('large');
  await run([
    'mkdir',
    '-p',
    directory.at('0'),
    directory.at('root'),
    directory.at('apt/lists'),
    directory.at('apt/archives'),
  ]);
  await unpack(lowest, directory.at('0'));
  const uppers = layers.map((packages, below): LayerInput => {
    const tar = installedLayer(directory.path, below + 1, packages);
    return { tar, createdBy: `apt-get install ${packages.join(' ')}` };
  });
  await writeLayout(layout, [
    { layers: [{ tar: unpacked(lowest), createdBy: 'debian' }, ...uppers], config: debianConfig },
  ]);
}

async function* unpacked(blob: string): AsyncGenerator<Buffer> {
  yield* createReadStream(blob).pipe(createGunzip()) as AsyncIterable<Buffer>;
}

async function unpack(blob: string, into: string): Promise<void> {
  const argv = ['--extract', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', into];
  const tar = spawn('tar', argv, { env: cleanEnv(), stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => tar.once('close', resolve));
  await pipeline(createReadStream(blob), createGunzip(), tar.stdin);
  if ((await ended) !== 0) throw new Error(`tar could not unpack ${blob}`);
}

/** Installs packages on top of all layers below; the layer is what that changed. */
async function* installedLayer(directory: string, number: number, packages: readonly string[]): AsyncGenerator<Buffer> {
  const upper = join(directory, String(number));
  await mkdir(upper);
  await mkdir(`${upper}.work`);
  const lower = Array.from({ length: number }, (_, below) => join(directory, String(number - 1 - below))).join(':');
  const script = `
    set -e
    mount -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${upper}.work,redirect_dir=off,metacopy=off,index=off root
    mount --bind apt/lists root/var/lib/apt/lists
    mount --bind apt/archives root/var/cache/apt/archives
    mount -t proc proc root/proc
    mount --bind /dev root/dev
    touch root/etc/resolv.conf
    mount --bind /etc/resolv.conf root/etc/resolv.conf
    [ -e apt/lists/lock ] || chroot root apt-get update -q
    chroot root apt-get install -y -q --no-install-recommends ${packages.join(' ')}
  `;
  // Mounts live in a namespace of their own and end with the script.
  await run(['unshare', '--mount', 'sh', '-c', script], { cwd: directory });
  await asLayer(upper, '');
  yield* tarOf(upper, ['--exclude=./etc/resolv.conf', '--exclude=./var/log/*']);
}

/** Turns overlayfs's marks of removed files into the whiteouts of layers. */
async function asLayer(upper: string, below: string): Promise<void> {
  for (const name of await readdir(join(upper, below))) {
    const path = join(below, name);
    const found = await lstat(join(upper, path));
    if (found.isDirectory()) await asLayer(upper, path);
    if (!found.isCharacterDevice() || found.rdev !== 0) continue;
    await rm(join(upper, path));
    await writeFile(join(upper, below, `.wh.${name}`), '');
  }
}
