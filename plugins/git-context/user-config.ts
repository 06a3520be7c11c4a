import { dirname } from 'node:path';
import type { Env, HostPath, World } from '../../core/index.ts';
import { problem } from './problems.ts';
import { startGit } from './start-git.ts';

export type ConfigEntry = readonly [key: string, value: string];

/** What of the user's and the system's configuration holds here. */
export interface UserConfig {
  readonly entries: readonly ConfigEntry[];
  /** Repositories of other users that may be read; git takes these from files alone. */
  readonly safeDirectories: readonly string[];
}

/**
 * How servers are reached: logins, proxies, certificates, other names of hosts, the ssh program. All else is left out:
 * filters, hooks, templates and aliases run programs, and line endings would make other files of the same commit.
 */
const taken =
  /^(?:http\.|credential\.|url\..*\.insteadof$|core\.(?:sshcommand|gitproxy|askpass)$|ssh\.variant$|protocol\.)/i;

const probe = 'strake.probe';

/** Asks git in a folder that is in no repository; a git that takes no configuration from the environment is too old. */
export async function readUserConfig(env: Env, folder: HostPath, world: World): Promise<UserConfig> {
  const count = /^\d+$/.test(env['GIT_CONFIG_COUNT'] ?? '') ? Number(env['GIT_CONFIG_COUNT']) : 0;
  const asking = {
    ...withoutRepository(env),
    GIT_CEILING_DIRECTORIES: dirname(folder),
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: probe,
    [`GIT_CONFIG_VALUE_${count}`]: 'true',
  };
  const { status, stdout, stderr } = await startGit(['config', '--list', '-z'], {
    env: asking,
    cwd: folder,
    signal: world.signal,
    patience: 30,
    outputLimit: 4 << 20,
  });
  const all = stdout
    .split('\0')
    .filter((line) => line !== '')
    .map((line): ConfigEntry => {
      const cut = line.indexOf('\n');
      // A key without a value is a yes.
      return cut === -1 ? [line, 'true'] : [line.slice(0, cut), line.slice(cut + 1)];
    });
  if (status !== 0) throw problem('GIT_MISSING', { reason: `it does not start: ${stderr.trim().split('\n').at(-1)}` });
  if (!all.some(([key]) => key === probe)) throw problem('GIT_MISSING', { reason: 'the one here is too old' });
  return {
    entries: all.filter(([key]) => taken.test(key)),
    safeDirectories: all.filter(([key]) => key === 'safe.directory').map(([, value]) => value),
  };
}

/** Variables that say where a repository is: strake may be started by a hook of one. */
export const withoutRepository = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !repositoryVariables.test(pair[0]),
    ),
  );

const repositoryVariables =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|QUARANTINE_PATH|INTERNAL_.*|TRACE.*|CURL_VERBOSE|EXTERNAL_DIFF|TEMPLATE_DIR|DEFAULT_HASH|ATTR_.*)$/;
