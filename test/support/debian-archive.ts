/** Debian's archive as this machine's apt knows it, and single packages out of it. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedDirectory } from './cache.ts';
import { withLock } from './lock.ts';
import { cleanEnv, run, tryRun } from './process.ts';
import { tempDir } from './temp-dir.ts';

/** One suite of the archive. */
export interface DebianSource {
  /** For example `http://deb.debian.org/debian`. */
  readonly site: string;
  /** For example `bookworm-updates`. */
  readonly codename: string;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The suites of Debian proper among the machine's apt sources; asks the archive once where apt has no lists yet. */
export async function debianSources(): Promise<DebianSource[]> {
  const known = await readSources();
  if (known.length > 0) return known;
  await withLock('/run/lock/strake-test-packages', () => tryRun(['apt-get', 'update', '-q']));
  return readSources();
}

async function readSources(): Promise<DebianSource[]> {
  const format = '$(SITE) $(RELEASE)';
  const listed = await tryRun([
    'apt-get',
    'indextargets',
    '--format',
    format,
    'Origin: Debian',
    'Identifier: Packages',
  ]);
  const lines = new Set(listed.stdout.split('\n').filter((line) => line !== ''));
  return [...lines].map((line) => {
    const [site = '', codename = ''] = line.split(' ');
    return { site, codename };
  });
}

/** The machine's own release, for example `bookworm`, with the archive it comes from. */
export async function debianRelease(): Promise<DebianSource> {
  const release = (await debianSources()).find((source) => !source.codename.includes('-'));
  if (release === undefined) throw new Error('apt knows no Debian release');
  return release;
}

/** Lines for a sources.list of the same archive. */
export async function sourcesList(): Promise<string> {
  const sources = await debianSources();
  return sources.map((source) => `deb [signed-by=${keyring}] ${source.site} ${source.codename} main\n`).join('');
}

/** Lines for an apt.conf that carry over how this machine reaches the archive (proxies, tolerance for old lists). */
export async function aptSettings(): Promise<string> {
  const all = (await run(['apt-config', 'dump'])).stdout;
  const kept = /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)\b/i;
  return all
    .split('\n')
    .filter((line) => kept.test(line))
    .map((line) => `${line}\n`)
    .join('');
}

export interface Unpacking {
  /** A release other than the machine's own, for example `sid`. */
  readonly release?: string;
  /** An architecture other than the machine's own, for example `arm64`. */
  readonly architecture?: string;
}

/** Unpacks packages into a directory without installing them, and without what they depend on. */
export async function unpackPackages(names: readonly string[], into: string, options: Unpacking = {}): Promise<void> {
  await using apt = await tempDir('apt');
  const own = await debianRelease();
  for (const directory of ['lists/partial', 'archives/partial', 'parts', 'debs']) {
    await mkdir(apt.at(directory), { recursive: true });
  }
  await writeFile(apt.at('status'), '');
  await writeFile(
    apt.at('sources.list'),
    `deb [signed-by=${keyring}] ${own.site} ${options.release ?? own.codename} main\n`,
  );
  await writeFile(apt.at('apt.conf'), await privateConfiguration(apt.path, options.architecture));
  const at = { cwd: apt.at('debs'), env: cleanEnv({ APT_CONFIG: apt.at('apt.conf') }) };
  await run(['apt-get', 'update', '-q'], at);
  await run(['apt-get', 'download', '-q', ...names], at);
  for (const file of await readdir(apt.at('debs')))
    await run(['dpkg-deb', '--extract', join(apt.at('debs'), file), into]);
}

async function privateConfiguration(root: string, architecture: string | undefined): Promise<string> {
  const native = (await run(['dpkg', '--print-architecture'])).stdout.trim();
  return [
    `Dir::State "${root}";`,
    `Dir::State::lists "${root}/lists";`,
    `Dir::State::status "${root}/status";`,
    `Dir::Cache "${root}";`,
    `Dir::Cache::archives "${root}/archives";`,
    `Dir::Etc::sourcelist "${root}/sources.list";`,
    `Dir::Etc::sourceparts "${root}/parts";`,
    `APT::Architecture "${architecture ?? native}";`,
    `APT::Architectures { "${architecture ?? native}"; };`,
    // Release files of rolling suites often look expired on machines that are kept at a date.
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Languages "none";',
    'APT::Sandbox::User "root";',
    await aptSettings(),
  ].join('\n');
}

/**
 * A program out of another release, made once per machine: for tools that need little more than libc. The path is where the
 * package has it, for example `usr/bin/crane`.
 */
export async function releaseProgram(release: string, name: string, path = `usr/bin/${name}`): Promise<string> {
  const directory = await cachedDirectory(`${release}-${name}`, (draft) => unpackPackages([name], draft, { release }));
  return join(directory, path);
}
