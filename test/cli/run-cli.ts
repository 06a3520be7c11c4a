import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cli } from '../../cli/command.ts';
import { commands } from '../../cli/commands.ts';
import { dispatch } from '../../cli/dispatch.ts';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliFolder extends Disposable {
  readonly path: string;
  run(argv: readonly string[], options?: { env?: Readonly<Record<string, string>>; stdin?: string }): Promise<Outcome>;
}

/** A folder with files, and a store of its own, to run command lines in: in this process, with all of it handed in. */
export function cliFolder(files: Readonly<Record<string, string>> = {}): CliFolder {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'strake-cli-')));
  const path = join(home, 'project');
  // Looking for a config ends here.
  mkdirSync(join(path, '.git'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(name.endsWith('/') ? join(path, name) : dirname(join(path, name)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(path, name), content);
  }
  return {
    path,
    run: (argv, { env = {}, stdin = '' } = {}) => runIn(home, argv, env, stdin),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

async function runIn(home: string, argv: readonly string[], env: object, stdin: string): Promise<Outcome> {
  const written = { out: '', err: '' };
  const cli: Cli = {
    host: {
      cwd: () => join(home, 'project'),
      env: { HOME: home, PATH: process.env['PATH'], STRAKE_HOME: join(home, 'store'), TMPDIR: home, ...env },
      pid: process.pid,
      arch: 'x64',
      getuid: () => process.getuid!(),
      getgid: () => process.getgid!(),
      stdin: (async function* () {
        yield Buffer.from(stdin);
      })(),
      versions: { node: '24.0.0' },
    },
    screen: {
      out: (text) => void (written.out += text),
      err: (text) => void (written.err += text),
      outIsTerminal: false,
      errIsTerminal: false,
      columns: () => 80,
      rows: () => 24,
    },
    signal: new AbortController().signal,
    version: '1.2.3',
    commands,
    stuck: { tell: () => [] },
  };
  const status = await dispatch(argv, cli);
  return { status, stdout: written.out, stderr: written.err };
}
