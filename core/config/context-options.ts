import * as z from 'zod/mini';
import type { Pairs } from '../oci/image.ts';

/** A repository to build from: which commit, which part of it, and who asks. */
export interface GitSettings {
  readonly branch?: string | null | undefined;
  readonly tag?: string | null | undefined;
  /** Any name the repository has: `refs/pull/12/head`. */
  readonly ref?: string | null | undefined;
  /** The commit to check out; with a branch or a tag, one of its history. */
  readonly commit?: string | null | undefined;
  /** The commit that the branch or tag must be at. */
  readonly checksum?: string | null | undefined;
  readonly subdir?: string | null | undefined;
  /** Commits of the history that come along where `.git` is kept; 0: all. Default: 1. */
  readonly depth?: number | null | undefined;
  readonly recurseSubmodules?: boolean | null | undefined;
  /** Fetch what Git LFS holds. */
  readonly lfs?: boolean | null | undefined;
  readonly keepGitDir?: boolean | null | undefined;
  readonly username?: string | null | undefined;
  /** The variable that holds the password. */
  readonly passwordEnv?: string | null | undefined;
  /** The variable that holds a token. */
  readonly tokenEnv?: string | null | undefined;
  /** How a token is shown; default: what the server takes. */
  readonly auth?: 'basic' | 'bearer' | null | undefined;
  readonly sshKey?: string | null | undefined;
  readonly knownHosts?: string | null | undefined;
  /** PEM file of who signed the server's certificate. */
  readonly ca?: string | null | undefined;
  readonly cert?: string | null | undefined;
  readonly key?: string | null | undefined;
  readonly insecureSkipTls?: boolean | null | undefined;
  /** How `git://` is read; default: https. */
  readonly pullMethod?: 'https' | 'http' | 'git' | null | undefined;
  /** Seconds without progress until git is given up. */
  readonly timeout?: number | null | undefined;
}

/** An archive or a Dockerfile on a web server: who asks, and whom to trust. */
export interface HttpSettings {
  readonly username?: string | null | undefined;
  /** The variable that holds the password. */
  readonly passwordEnv?: string | null | undefined;
  /** The variable that holds a bearer token. */
  readonly tokenEnv?: string | null | undefined;
  /** `sha256:…` that the file must have. */
  readonly checksum?: string | null | undefined;
  /** PEM file; trusted besides the system's. */
  readonly ca?: string | null | undefined;
  readonly cert?: string | null | undefined;
  readonly key?: string | null | undefined;
  readonly insecureSkipTls?: boolean | null | undefined;
  /** Seconds without a byte until the server is given up. */
  readonly timeout?: number | null | undefined;
}

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));
const text = z.nullish(filled);
const yesNo = z.nullish(z.boolean());
const count = z.nullish(z.int().check(z.nonnegative()));
const seconds = z.nullish(z.number().check(z.positive({ error: 'it must be more than 0' })));
const access = { username: text, passwordEnv: text, tokenEnv: text };
const trust = { ca: text, cert: text, key: text, insecureSkipTls: yesNo };

export const gitShape = z.strictObject({
  branch: text,
  tag: text,
  ref: text,
  commit: text,
  checksum: text,
  subdir: text,
  depth: count,
  recurseSubmodules: yesNo,
  lfs: yesNo,
  keepGitDir: yesNo,
  ...access,
  auth: z.nullish(z.enum(['basic', 'bearer'])),
  sshKey: text,
  knownHosts: text,
  ...trust,
  pullMethod: z.nullish(z.enum(['https', 'http', 'git'])),
  timeout: seconds,
});

export const httpShape = z.strictObject({ ...access, checksum: text, ...trust, timeout: seconds });

/** Settings of one group as options: `git.recurse-submodules`. Flags come as text, configs with values of their kinds. */
export const optionPairs = (
  group: 'git' | 'http',
  settings: Iterable<readonly [string, unknown]>,
  place: (name: string) => (path: string) => string,
): Pairs =>
  [...settings]
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => [
      `${group}.${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`,
      paths.has(name) ? place(name)(String(value)) : String(value),
    ]);

const paths = new Set(['ca', 'cert', 'key', 'sshKey', 'knownHosts']);
