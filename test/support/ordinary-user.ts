/** Two users without any rights: one with a range of subordinate ids, one without. */
import { chown, mkdir, readFile } from 'node:fs/promises';
import { ensurePackages } from './packages.ts';
import { withLock } from './lock.ts';
import { cleanEnv, run, tryRun, type RunOptions, type RunResult } from './process.ts';

export interface OrdinaryUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** First subordinate id and how many, where there are some. */
  readonly subordinate?: { readonly first: number; readonly count: number };
}

/** How many ids a user namespace gets beside the user's own. */
const idCount = 65_536;

/** The user whose user namespaces hold a whole range of ids; made on first use. */
export async function userWithSubuids(): Promise<OrdinaryUser> {
  await ensurePackages(['uidmap']);
  return ensureUser('strake-sub', true);
}

/** The user whose user namespaces hold one id only; made on first use. */
export async function userWithoutSubuids(): Promise<OrdinaryUser> {
  return ensureUser('strake-plain', false);
}

async function ensureUser(name: string, ranges: boolean): Promise<OrdinaryUser> {
  return withLock('/run/lock/strake-test-users', async () => {
    if ((await findUser(name)) === undefined) {
      await run([
        'useradd',
        '--create-home',
        '--shell',
        '/bin/sh',
        '--key',
        'SUB_UID_COUNT=0',
        '--key',
        'SUB_GID_COUNT=0',
        name,
      ]);
    }
    if (ranges) await ensureRanges(name);
    const user = await findUser(name);
    if (user === undefined) throw new Error(`useradd made no user ${name}`);
    if (ranges !== (user.subordinate !== undefined)) throw new Error(`unexpected ids of ${name} in /etc/subuid`);
    return user;
  });
}

async function findUser(name: string): Promise<OrdinaryUser | undefined> {
  const line = (await tryRun(['getent', 'passwd', name])).stdout.trim();
  if (line === '') return undefined;
  const [, , uid, gid, , home = '/'] = line.split(':');
  const subordinate = (await rangesIn('/etc/subuid')).find((range) => range.name === name);
  const user = { name, uid: Number(uid), gid: Number(gid), home };
  return subordinate === undefined
    ? user
    : { ...user, subordinate: { first: subordinate.first, count: subordinate.count } };
}

interface Range {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

async function rangesIn(file: string): Promise<Range[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
    .map(([name = '', first, count]) => ({ name, first: Number(first), count: Number(count) }));
}

async function ensureRanges(name: string): Promise<void> {
  for (const [file, option] of [
    ['/etc/subuid', '--add-subuids'],
    ['/etc/subgid', '--add-subgids'],
  ] as const) {
    const ranges = await rangesIn(file);
    if (ranges.some((range) => range.name === name)) continue;
    const first = Math.max(100_000, ...ranges.map((range) => range.first + range.count));
    await run(['usermod', option, `${first}-${first + idCount - 1}`, name]);
  }
}

/** The program and arguments that become the user and run `argv`. */
export function asUserArgv(user: OrdinaryUser, argv: readonly string[]): string[] {
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--inh-caps=-all', ...argv];
}

/** The environment a fresh login of the user would have. */
export function userEnv(user: OrdinaryUser, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return cleanEnv({ HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: '/bin/sh', ...extra });
}

/** Runs a command as the user, in the user's home unless told otherwise. */
export async function asUser(
  user: OrdinaryUser,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return tryRun(asUserArgv(user, argv), { cwd: user.home, ...options, env: userEnv(user, options.env) });
}

/** Makes a directory that belongs to the user. */
export async function makeOwned(user: OrdinaryUser, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chown(directory, user.uid, user.gid);
  return directory;
}
