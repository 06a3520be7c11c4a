import { nearest, type Pairs } from '../../core/index.ts';
import { problem } from './problems.ts';

/** What was said besides the location, by names as they stand in configs and flags. */
export interface GitOptions {
  readonly branch?: string;
  readonly tag?: string;
  readonly ref?: string;
  readonly commit?: string;
  readonly checksum?: string;
  readonly subdir?: string;
  readonly depth?: number;
  readonly 'recurse-submodules'?: boolean;
  readonly lfs?: boolean;
  readonly 'keep-git-dir'?: boolean;
  readonly username?: string;
  readonly 'password-env'?: string;
  readonly 'token-env'?: string;
  readonly auth?: 'basic' | 'bearer';
  readonly 'ssh-key'?: string;
  readonly 'known-hosts'?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly 'insecure-skip-tls'?: boolean;
  readonly 'pull-method'?: PullMethod;
  /** Seconds. */
  readonly timeout?: number;
}

export type PullMethod = 'https' | 'http' | 'git';

type Read = (text: string) => string | number | boolean | undefined;

const word: Read = (text) => (text === '' ? undefined : text);
const oneOf =
  (...words: readonly string[]): Read =>
  (text) =>
    words.includes(text) ? text : undefined;
const count: Read = (text) => (/^\d+$/.test(text) ? Number(text) : undefined);
const seconds: Read = (text) => (/^\d+(?:\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined);
/** As BuildKit and flags write it: the name alone is a yes. */
export const readYesNo = (text: string): boolean | undefined =>
  /^(?:true|1|)$/i.test(text) ? true : /^(?:false|0)$/i.test(text) ? false : undefined;

const kinds: Readonly<Record<keyof GitOptions, readonly [read: Read, expected: string]>> = {
  branch: [word, 'a name'],
  tag: [word, 'a name'],
  ref: [word, 'a name'],
  commit: [word, 'a commit'],
  checksum: [word, 'a commit'],
  subdir: [word, 'a path'],
  depth: [count, 'a number of commits, 0 for all'],
  'recurse-submodules': [readYesNo, 'true or false'],
  lfs: [readYesNo, 'true or false'],
  'keep-git-dir': [readYesNo, 'true or false'],
  username: [word, 'a name'],
  'password-env': [word, 'the name of a variable'],
  'token-env': [word, 'the name of a variable'],
  auth: [oneOf('basic', 'bearer'), 'basic or bearer'],
  'ssh-key': [word, 'a path'],
  'known-hosts': [word, 'a path'],
  ca: [word, 'a path'],
  cert: [word, 'a path'],
  key: [word, 'a path'],
  'insecure-skip-tls': [readYesNo, 'true or false'],
  'pull-method': [oneOf('https', 'http', 'git'), 'https, http or git'],
  timeout: [seconds, 'seconds, more than 0'],
};

/** Reads the pairs of the group `git`; refuses what is no setting of a repository. */
export function readOptions(pairs: Pairs = []): GitOptions {
  const options: Record<string, string | number | boolean> = {};
  for (const [name, text] of pairs) {
    const [, group = '', key = ''] = /^([^.]*)\.(.*)$/s.exec(name) ?? [];
    if (group !== 'git') throw problem('SETTING_FOREIGN', { name: key, group });
    const kind = (kinds as Readonly<Record<string, (typeof kinds)['ref']>>)[key];
    if (!kind || !Object.hasOwn(kinds, key)) {
      const near = nearest(key, Object.keys(kinds));
      throw problem('SETTING_UNKNOWN', { name: key, ...(near !== undefined && { near }) });
    }
    const value = kind[0](text);
    if (value === undefined) throw problem('SETTING_INVALID', { name: key, value: text, expected: kind[1] });
    options[key] = value;
  }
  return options;
}
