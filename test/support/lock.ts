/** A lock between processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cleanEnv } from './process.ts';

/**
 * Runs `action` while no other process holds the lock on `file`. The lock belongs to a child that waits for the end of
 * its input, so that it is given back even when this process is killed.
 */
export async function withLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const holder = spawn('flock', ['--exclusive', '--no-fork', file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    env: cleanEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const [first] = (await Promise.race([once(holder.stdout, 'data'), ended])) as [unknown];
  if (!Buffer.isBuffer(first)) throw new Error(`could not lock ${file}`);
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
