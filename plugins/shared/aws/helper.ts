import { execFile } from 'node:child_process';
import type { World } from '../../../core/index.ts';
import { keysIn } from './given-keys.ts';
import type { AwsKeys } from './keys.ts';
import { problem } from './problems.ts';

/** Milliseconds. */
const patience = 60_000;
/** Bytes. */
const longest = 64 << 10;

/** What the program of `credential_process` prints; the shell reads the command, as everywhere. */
export async function helperKeys(command: string, world: World): Promise<AwsKeys> {
  const from = 'The program of credential_process';
  const printed = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      '/bin/sh',
      ['-c', command],
      { cwd: world.cwd, env: { ...world.env }, timeout: patience, maxBuffer: longest, signal: world.signal },
      (error, stdout) => {
        // What it wrote may hold a secret: only how it ended is told.
        const reason = error?.killed ? 'it took too long' : `it ended with status ${error?.code}`;
        if (error) reject(world.signal.aborted ? error : problem('NO_KEYS', { from, reason }));
        else resolve(stdout);
      },
    );
    child.stdin?.end();
  });
  return keysIn(printed, from);
}
