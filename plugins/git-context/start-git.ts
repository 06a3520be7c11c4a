import { spawn, type ChildProcess } from 'node:child_process';
import { kill } from 'node:process';
import { problem } from './problems.ts';

export interface GitStart {
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Seconds without a sign of life until it is ended. */
  readonly patience: number;
  /** What changes while git works in silence. */
  readonly signOfLife?: (() => unknown) | undefined;
  /** Bytes of standard output that are kept; what says more is ended. Default: 1 MiB. */
  readonly outputLimit?: number;
  /** Lines of progress, as they come. */
  readonly onProgress?: (line: string) => void;
}

export interface GitEnd {
  /** 128 + 9 where it was ended from here. */
  readonly status: number;
  readonly stdout: string;
  /** Without progress; the last 64 KiB. */
  readonly stderr: string;
  /** It gave no sign of life for too long. */
  readonly stalled: boolean;
  /** It said more than is kept. */
  readonly overflowed: boolean;
}

/** Milliseconds between asking git to end and ending it; and that what it left running may hold its output open. */
const grace = 2000;
const lingering = 300;

const progressLine =
  /^(?:remote: )?[A-Z][A-Za-z ]+: +\d+(?:% \(\d+\/\d+\))?|^(?:remote: )?Total \d+|^Filtering content/;

/** Runs git in a process group of its own, which ends with it. Throws where it cannot be started or is aborted. */
export async function startGit(args: readonly string[], start: GitStart): Promise<GitEnd> {
  const { env, cwd, signal, patience, outputLimit = 1 << 20 } = start;
  signal.throwIfAborted();
  const child = spawn('git', args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = (): void => end(child);
  let stalled = false;
  let overflowed = false;
  let life = start.signOfLife?.();
  const timer = setTimeout(() => {
    const before = life;
    life = start.signOfLife?.();
    if (life !== before) {
      timer.refresh();
      return;
    }
    stalled = true;
    stop();
  }, patience * 1000);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    timer.refresh();
    size += chunk.length;
    if (size <= outputLimit) chunks.push(chunk);
    else {
      overflowed = true;
      stop();
    }
  });
  const said = errorLines((line) => start.onProgress?.(line));
  child.stderr.on('data', (chunk: Buffer) => (timer.refresh(), said.push(chunk)));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const status = await ended(child);
    signal.throwIfAborted();
    return { status, stdout: Buffer.concat(chunks).toString(), stderr: said.text(), stalled, overflowed };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (signal.aborted || code === undefined) throw error;
    throw problem('GIT_MISSING', { reason: code === 'ENOENT' ? 'there is none' : code }, {}, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Its status, once it has said all; what goes on running in its group is not waited for. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('error', reject);
    child.once('exit', () => {
      // A connection that ssh keeps for later holds the pipes open.
      timer = setTimeout(() => {
        tell(child, 'SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, lingering);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? 137);
    });
  });
}

/** The whole group: first asked, then made to. */
function end(child: ChildProcess): void {
  tell(child, 'SIGTERM');
  const timer = setTimeout(() => tell(child, 'SIGKILL'), grace);
  child.once('close', () => clearTimeout(timer));
}

function tell({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

const keptOfErrors = 64 << 10;

/** Parts what git says on standard error into progress and the rest. */
function errorLines(onProgress: (line: string) => void): { push(chunk: Buffer): void; text(): string } {
  let kept = '';
  let line = '';
  const finish = (): void => {
    if (progressLine.test(line)) onProgress(line.replace(/^remote: /, ''));
    else if (line.trim() !== '') kept = `${kept}${line.trimEnd()}\n`.slice(-keptOfErrors);
    line = '';
  };
  return {
    push(chunk) {
      const parts = chunk.toString().split(/[\r\n]/);
      for (const [at, part] of parts.entries()) {
        line = (line + part).slice(0, keptOfErrors);
        if (at < parts.length - 1) finish();
      }
    },
    text() {
      finish();
      return kept;
    },
  };
}
