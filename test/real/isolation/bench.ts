/** Runs scenarios in driver processes: as root, as a user with many ids, as one with a single id. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFor } from '../../support/checkout.ts';
import {
  asUserArgv,
  userEnv,
  userWithoutSubuids,
  userWithSubuids,
  type OrdinaryUser,
} from '../../support/ordinary-user.ts';
import { cleanEnv, describeFailure, tryRun } from '../../support/process.ts';
import { writeTar, type TarItem } from '../../support/raw-tar.ts';
import type { TempDir } from '../../support/temp-dir.ts';
import type { Action, Outcome, Scenario } from './scenario.ts';

export type Rank = 'root' | 'user' | 'single';
export const ranks = ['root', 'user', 'single'] as const;

/** Time of everything in a base. */
export const baseTime = 1_000_000_000;

/** A small image: busybox with a link for each of its programs, two users, a few files. */
export function busyboxItems(): TarItem[] {
  const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const directory = (path: string, mode = 0o755, more: Partial<TarItem> = {}): TarItem => ({
    path: `${path}/`,
    type: 'directory',
    mode,
    mtime: baseTime,
    ...more,
  });
  const file = (path: string, content: string, more: Partial<TarItem> = {}): TarItem => ({
    path,
    content,
    mtime: baseTime,
    ...more,
  });
  return [
    directory('bin'),
    { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755, mtime: baseTime },
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name): TarItem => ({ path: `bin/${name}`, type: 'symlink', link: 'busybox', mtime: baseTime })),
    directory('etc'),
    file('etc/passwd', 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n'),
    file('etc/group', 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n'),
    directory('home'),
    directory('home/user', 0o750, { uid: 1000, gid: 1000 }),
    directory('lib'),
    file('lib/one', 'one\n'),
    file('lib/two', 'two\n', { mode: 0o600, uid: 1000, gid: 2000 }),
    { path: 'lib/link', type: 'symlink', link: 'one', mtime: baseTime },
    directory('lib/deep'),
    file('lib/deep/a', 'a\n'),
    file('lib/deep/b', 'b\n'),
    directory('root', 0o700),
    directory('tmp', 0o1777),
  ];
}

/** The same, without owners that a single id does not have. */
export const plainItems = (): TarItem[] => busyboxItems().map(({ uid: _uid, gid: _gid, ...item }) => item);

export interface Bench {
  readonly rank: Rank;
  /** Belongs to whoever runs the scenarios. */
  readonly directory: string;
  readonly store: string;
  readonly user: OrdinaryUser | undefined;
  tar(name: string, items: readonly TarItem[]): Promise<string>;
  run(layers: readonly string[], actions: readonly Action[], more?: Partial<Scenario>): Promise<Outcome[]>;
  /** What starts a driver, for tests that kill it. */
  command(): Promise<{ readonly argv: readonly string[]; readonly env: Record<string, string> }>;
}

const here = dirname(fileURLToPath(import.meta.url));

export async function openBench(rank: Rank, temp: TempDir): Promise<Bench> {
  const user = rank === 'root' ? undefined : rank === 'user' ? await userWithSubuids() : await userWithoutSubuids();
  const directory = temp.at(rank);
  await mkdir(directory, { recursive: true });
  if (user) await chown(directory, user.uid, user.gid);
  const store = join(directory, 'store');
  const driver = await driverFor(user, temp);

  const command = async () =>
    user
      ? { argv: asUserArgv(user, driver), env: userEnv(user) }
      : { argv: driver, env: cleanEnv({ STRAKE_SECRET: 'environment of the builder' }) };

  const run: Bench['run'] = async (layers, actions, more = {}) => {
    const { argv, env } = await command();
    const scenario: Scenario = { store, rank, layers, actions, ...more };
    const result = await tryRun(argv, { env, input: JSON.stringify(scenario), timeout: 100_000, cwd: '/' });
    const outcomes = result.stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Outcome);
    if (result.status !== 0 || outcomes.length !== actions.length) throw new Error(describeFailure(result));
    return outcomes;
  };
  const tar = async (name: string, items: readonly TarItem[]): Promise<string> => {
    const path = join(directory, `${name}.tar`);
    await writeFile(path, writeTar(items));
    return path;
  };
  return { rank, directory, store, user, tar, run, command };
}

/** The driver as the user can run it: beside a copy of the sources, where the checkout is closed to others. */
async function driverFor(user: OrdinaryUser | undefined, temp: TempDir): Promise<string[]> {
  const { node, script } = await programFor(user, temp.path);
  const root = dirname(dirname(script));
  const folder = join(root, 'test/real/isolation');
  if (folder !== here) {
    await mkdir(folder, { recursive: true });
    for (const name of ['driver.ts', 'scenario.ts']) await copyFile(join(here, name), join(folder, name));
  }
  return [node, join(folder, 'driver.ts')];
}
