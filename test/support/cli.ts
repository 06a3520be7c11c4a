/** Runs the command from its sources, as a user would, in a world of its own. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { programFor } from './checkout.ts';
import { assertNothingLeft } from './leftovers.ts';
import { asUserArgv, makeOwned, type OrdinaryUser } from './ordinary-user.ts';
import { cleanEnv, tryRun, type RunOptions, type RunResult } from './process.ts';
import { tempDir } from './temp-dir.ts';

export interface StrakeOptions extends RunOptions {
  /** Added to an environment that holds nothing of the machine's. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface StrakeResult extends RunResult {
  /** Standard output as one JSON value. */
  json(): unknown;
  /** Standard output as JSON values, one a line. */
  jsonLines(): unknown[];
}

/** One machine's worth of state: a store, a home, a place for temporary files. Runs in it see what earlier runs left. */
export interface StrakeWorld extends AsyncDisposable {
  /** The store (`STRAKE_HOME`). */
  readonly store: string;
  /** The user's home directory, empty at first. */
  readonly home: string;
  /** `TMPDIR`: empty before and after every run. */
  readonly temp: string;
  /** For contexts and results; belongs to the user. */
  readonly work: string;
  /** Stands in the environment of every process that a run starts. */
  readonly marker: string;
  /** Program and arguments of a run, for tests that start it themselves. */
  command(args: readonly string[]): Promise<string[]>;
  /** The environment of a run. */
  environment(extra?: Readonly<Record<string, string>>): Record<string, string>;
  strake(args: readonly string[], options?: StrakeOptions): Promise<StrakeResult>;
  /** Fails if a process, a mount or a temporary file of any run is left. */
  assertClean(): Promise<void>;
}

/** Makes a world for runs as ourselves, or as an ordinary user. */
export async function openStrake(user?: OrdinaryUser): Promise<StrakeWorld> {
  const directory = await tempDir('world');
  const marker = `STRAKE_TEST_MARKER=${randomUUID()}`;
  const [store, home, temp, work] = (await Promise.all(
    ['store', 'home', 'temp', 'work'].map(async (name) => {
      const path = join(directory.path, name);
      await (user === undefined ? mkdir(path) : makeOwned(user, path));
      return path;
    }),
  )) as [string, string, string, string];
  const environment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const [name = '', value = ''] = marker.split('=');
    const names = user === undefined ? {} : { USER: user.name, LOGNAME: user.name };
    return cleanEnv({ HOME: home, STRAKE_HOME: store, TMPDIR: temp, ...names, [name]: value, ...extra });
  };
  const command = async (args: readonly string[]): Promise<string[]> => {
    const { node, script } = await programFor(user, directory.path);
    const argv = [node, script, ...args];
    return user === undefined ? argv : asUserArgv(user, argv);
  };
  return {
    store,
    home,
    temp,
    work,
    marker,
    command,
    environment,
    strake: async (args, options = {}) => {
      const result = await tryRun(await command(args), { cwd: work, ...options, env: environment(options.env) });
      return {
        ...result,
        json: () => JSON.parse(result.stdout) as unknown,
        jsonLines: () => parseLines(result.stdout),
      };
    },
    assertClean: () => assertNothingLeft({ marker, directories: [directory.path], emptied: [temp] }),
    [Symbol.asyncDispose]: () => directory.remove(),
  };
}

/** One run in a world that nothing else sees; it must leave nothing behind. */
export async function strake(
  args: readonly string[],
  options: StrakeOptions & { readonly user?: OrdinaryUser } = {},
): Promise<StrakeResult> {
  const { user, ...rest } = options;
  await using world = await openStrake(user);
  const result = await world.strake(args, rest);
  await world.assertClean();
  return result;
}

function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
