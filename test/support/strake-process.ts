/** The command as users run it: its own process, in a folder with a store of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const strake = fileURLToPath(new URL('../../cli/strake.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly seen: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<Ended>;
}

export interface StrakeFolder extends Disposable {
  readonly home: string;
  readonly project: string;
  write(name: string, text: string): void;
  start(...args: readonly string[]): Started;
  run(...args: readonly string[]): Promise<Ended>;
}

/** `home/project` is where commands run, `home/store` their store, `home/tmp` their temporary space. */
export function strakeFolder(files: Readonly<Record<string, string>> = {}): StrakeFolder {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'strake-process-')));
  chmodSync(home, 0o755);
  const project = join(home, 'project');
  // Looking for a config ends here.
  mkdirSync(join(project, '.git'), { recursive: true });
  mkdirSync(join(home, 'tmp'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const start = (...args: readonly string[]): Started => {
    const child = spawn(process.execPath, [strake, ...args], {
      cwd: project,
      env: { PATH: process.env['PATH'], HOME: home, STRAKE_HOME: join(home, 'store'), TMPDIR: join(home, 'tmp') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const seen = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
    const ended = once(child, 'close').then(([status]): Ended => ({ status: status as number | null, ...seen }));
    return { child, seen, ended };
  };
  return {
    home,
    project,
    write,
    start,
    run: (...args) => start(...args).ended,
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
