import { spawn } from 'node:child_process';
import { Secret, type Credentials, type Env } from '../../core/index.ts';
import { problem } from './problems.ts';

/** Milliseconds a helper may take if nothing else is said, bytes it may say. */
const defaultTimeLimit = 10_000;
const outputLimit = 1 << 20;

/** Asks `docker-credential-NAME get`; `undefined` where it knows nothing of the server. */
export async function askHelper(
  name: string,
  server: string,
  env: Env,
  signal: AbortSignal,
  timeLimit = defaultTimeLimit,
): Promise<Credentials | undefined> {
  const helper = `docker-credential-${name}`;
  const failed = (reason: string, cause?: unknown) =>
    problem('HELPER_FAILED', { helper, server, reason }, {}, { cause });
  if (!/^[\w.-]+$/.test(name)) throw failed('this is no name of a program');
  const { status, stdout } = await runHelper(helper, server, env, { signal, timeLimit }, failed);
  if (status !== 0) {
    if (/credentials not found|no credentials server URL/i.test(stdout)) return undefined;
    // On failure helpers print their reason, and no credentials, to standard output.
    throw failed(stdout.trim().split('\n')[0]?.slice(0, 200) || `it exited with status ${status}`);
  }
  return readAnswer(stdout, failed);
}

type Fail = (reason: string, cause?: unknown) => Error;

interface Limits {
  readonly signal: AbortSignal;
  readonly timeLimit: number;
}

function runHelper(helper: string, server: string, env: Env, { signal, timeLimit }: Limits, failed: Fail) {
  return new Promise<{ status: number | null; stdout: string }>((resolve, reject) => {
    const timeout = AbortSignal.timeout(timeLimit);
    const child = spawn(helper, ['get'], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: AbortSignal.any([signal, timeout]),
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason as Error);
      else if (timeout.aborted) reject(failed(`it took longer than ${timeLimit / 1000} s`, error));
      else
        reject(
          failed(error.code === 'ENOENT' ? 'there is no such program' : (error.code ?? 'it cannot be started'), error),
        );
    });
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(chunks).toString() }));
    // A helper that ends without reading closes the pipe; its status says why.
    child.stdin.on('error', () => {});
    child.stdin.end(`${server}\n`);
  });
}

function readAnswer(stdout: string, failed: Fail): Credentials | undefined {
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = JSON.parse(stdout) as typeof answer;
  } catch {
    throw failed('its answer is no JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  // The helper of pass answers an unknown server with empty texts and success.
  if (typeof secret !== 'string' || secret === '') return undefined;
  if (username === '<token>') return { kind: 'refresh', token: new Secret(secret) };
  if (typeof username !== 'string' || username === '') return undefined;
  return { kind: 'basic', username, password: new Secret(secret) };
}
