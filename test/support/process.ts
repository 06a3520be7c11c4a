/** Runs other programs for tests: a clean environment, whole output, errors that show what was run. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; `cleanEnv()` when left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** After this many milliseconds the program is killed; ten minutes when left out. */
  readonly timeout?: number;
}

export interface RunResult {
  readonly argv: readonly string[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the bytes it came in. */
  readonly bytes: Buffer;
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An environment in which nothing of the machine's own (certificates, proxies, credentials) reaches a component. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: searchPath, HOME: '/nonexistent', LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...extra };
}

/** Runs a program to its end and returns how it went, whatever its status. */
export async function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? cleanEnv(),
    stdio: 'pipe',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A program that does not read its input to the end closes the pipe early; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 600_000);
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const bytes = Buffer.concat(out);
    return { argv, status, signal, stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must succeed. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await tryRun(argv, options);
  if (result.status !== 0) throw new Error(describeFailure(result));
  return result;
}

/** What a failed run looked like, with the end of its output. */
export function describeFailure(result: RunResult): string {
  const tail = (text: string): string => text.split('\n').slice(-40).join('\n').trim();
  const how = result.signal === null ? `status ${result.status}` : `signal ${result.signal}`;
  return `${result.argv.join(' ')}\nended with ${how}\n${tail(result.stdout)}\n${tail(result.stderr)}`;
}

export interface Daemon extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything it wrote so far, both streams. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Starts a program that goes on running. The kernel kills it when we die ourselves, however that happens.
 */
export function startDaemon(argv: readonly string[], options: Omit<RunOptions, 'input' | 'timeout'> = {}): Daemon {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      keep(Buffer.from(String(error)));
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  };
  return { child, output: () => text, stop, [Symbol.asyncDispose]: stop };
}
