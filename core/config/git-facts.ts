import { execFileSync } from 'node:child_process';
import type { Env } from '../contract/world.ts';
import type { GitFacts } from './define.ts';

/** What git knows of the folder, asked for when a config reads it. */
export function gitFacts(cwd: string, env: Env): GitFacts {
  const known = new Map<string, string | undefined>();
  const git = (...args: string[]): string | undefined => {
    const key = args.join(' ');
    if (!known.has(key)) known.set(key, ask(args, cwd, env));
    return known.get(key);
  };
  return {
    get commit() {
      return git('rev-parse', 'HEAD');
    },
    get shortCommit() {
      return git('rev-parse', '--short', 'HEAD');
    },
    get branch() {
      const branch = git('rev-parse', '--abbrev-ref', 'HEAD');
      return branch === 'HEAD' ? undefined : branch;
    },
    get tag() {
      return git('describe', '--tags', '--exact-match', 'HEAD');
    },
    get dirty() {
      const status = git('status', '--porcelain');
      return status === undefined ? undefined : status !== '';
    },
    get commitTime() {
      const seconds = git('show', '--no-patch', '--format=%ct', 'HEAD');
      return seconds === undefined ? undefined : Number(seconds);
    },
  };
}

function ask(args: readonly string[], cwd: string, env: Env): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd,
      // Reading must not write: `status` would refresh the index.
      env: { ...env, GIT_OPTIONAL_LOCKS: '0' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
