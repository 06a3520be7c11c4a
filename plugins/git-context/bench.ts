import { access, constants, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hostPath, type HostPath, type World } from '../../core/index.ts';
import type { GitOptions } from './options.ts';
import { problem } from './problems.ts';
import { readUserConfig, withoutRepository, type ConfigEntry, type UserConfig } from './user-config.ts';

/** What all calls of git for one context share. */
export interface Bench {
  readonly world: World;
  /** A temporary directory, in no repository. */
  readonly folder: HostPath;
  readonly user: UserConfig;
  /** Paths are seen from anywhere. */
  readonly options: GitOptions;
  /** Seconds without a sign of life. */
  readonly patience: number;
  /** The file that takes the place of the user's configuration. */
  readonly globalConfig: string;
}

const usualPatience = 60;

export async function openBench(options: GitOptions, world: World): Promise<Bench> {
  const placed = await placeFiles(options, world);
  const folder = hostPath(await world.tempDir('git'));
  const user = await readUserConfig(world.env, folder, world);
  const globalConfig = join(folder, 'config');
  const directories = user.safeDirectories.map((path) => `\tdirectory = ${JSON.stringify(path)}\n`);
  await writeFile(globalConfig, directories.length > 0 ? `[safe]\n${directories.join('')}` : '');
  return { world, folder, user, options: placed, patience: options.timeout ?? usualPatience, globalConfig };
}

async function placeFiles(options: GitOptions, world: World): Promise<GitOptions> {
  const placed: Record<string, unknown> = { ...options };
  for (const setting of ['ca', 'cert', 'key', 'ssh-key', 'known-hosts'] as const) {
    const given = options[setting];
    if (given === undefined) continue;
    const path = resolve(world.cwd, given);
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw problem('FILE_MISSING', { setting, path: given }, {}, { cause });
    });
    placed[setting] = path;
  }
  return placed;
}

/** Nothing of a repository is run, nothing but its content decides what its files are. */
const fixed: readonly ConfigEntry[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.autocrlf', 'false'],
  ['core.symlinks', 'true'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // What comes is kept as it came, in one file.
  ['fetch.unpackLimit', '1'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['transfer.bundleURI', 'false'],
  ['credential.interactive', 'false'],
  ['checkout.workers', '0'],
];

/** The environment of one call: the user's, without what would lead git elsewhere, and `more`. */
export function gitEnv(
  { world, user, globalConfig, folder, patience }: Bench,
  config: readonly ConfigEntry[],
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const env = Object.fromEntries(
    Object.entries(withoutRepository(world.env)).filter(
      ([name]) => !/^GIT_(?:CONFIG(?:_.*)?|TOKEN|PASSWORD|SSH|SSH_COMMAND)$|^SSH_ASKPASS|^LANGUAGE$/.test(name),
    ),
  );
  // So that git ends by itself where nobody is left to end it.
  const slow = String(Math.ceil(patience) + 5);
  const limits: readonly ConfigEntry[] = [
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', slow],
  ];
  const entries = [...user.entries, ...fixed, ...limits, ...config];
  return {
    ...env,
    HOME: world.home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: globalConfig,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CEILING_DIRECTORIES: dirname(folder),
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
    ...more,
  };
}
