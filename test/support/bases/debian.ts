/** Debian with apt, as official images have it: no documentation, no package lists, no cache of packages. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { aptSettings, sourcesList } from '../debian-archive.ts';
import type { ImageInput } from '../oci-layout.ts';
import { ensurePackages } from '../packages.ts';
import { cleanEnv, run } from '../process.ts';
import { tempDir } from '../temp-dir.ts';

const leftOutPaths = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** What official Debian images tell apt. */
const aptHabits = `Acquire::GzipIndexes "true";
Acquire::Languages "none";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`;

/** What every image of Debian says about running it. */
export const debianConfig = {
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cmd: ['bash'],
};

/** Debian of a release, in one layer. */
export async function debianImage(codename: string): Promise<ImageInput> {
  await ensurePackages(['mmdebstrap']);
  return { layers: [{ tar: debianTar(codename), createdBy: `mmdebstrap ${codename}` }], config: debianConfig };
}

async function* debianTar(codename: string): AsyncGenerator<Buffer> {
  await using directory = await tempDir('debian');
  await makeRoot(directory.at('root'), codename, directory.at('sources.list'));
  yield* tarOf(directory.at('root'), ['--exclude=./dev/*', '--exclude=./var/cache/apt/*.bin']);
}

async function makeRoot(target: string, codename: string, sources: string): Promise<void> {
  const settings = `${aptHabits}${await aptSettings()}`;
  await writeFile(sources, await sourcesList());
  await run([
    'mmdebstrap',
    '--quiet',
    '--mode=root',
    '--variant=apt',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...leftOutPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    // The machine's own name and name servers have no place in an image.
    '--customize-hook=rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/apt/apt.conf.d/99mmdebstrap',
    `--customize-hook=printf %s '${settings.replaceAll("'", `'\\''`)}' > "$1/etc/apt/apt.conf.d/docker-image"`,
    codename,
    target,
    sources,
  ]);
}

/** A directory as a tar stream: owners as numbers, extended attributes, names in order. */
export async function* tarOf(directory: string, options: readonly string[] = []): AsyncGenerator<Buffer> {
  const attributes = [
    '--xattrs',
    '--xattrs-include=*',
    '--xattrs-exclude=trusted.overlay.*',
    '--xattrs-exclude=security.selinux',
  ];
  const argv = [
    '--create',
    '--format=pax',
    '--pax-option=delete=atime,delete=ctime',
    '--sort=name',
    '--numeric-owner',
    ...attributes,
  ];
  const child = spawn('tar', [...argv, ...options, '-C', directory, '.'], {
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  yield* child.stdout as AsyncIterable<Buffer>;
  if ((await ended) !== 0) throw new Error(`tar of ${directory} failed`);
}
