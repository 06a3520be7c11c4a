import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  Secret,
  isDigest,
  nearest,
  type ContextRequest,
  type Digest,
  type HttpRequest,
  type Pairs,
  type TlsOptions,
  type World,
} from '../../core/index.ts';
import { netrcLogin } from '../shared/netrc.ts';
import { problem } from './problems.ts';

/** How a file is asked for. */
export interface HttpAccess {
  /** Without user and password. */
  readonly url: URL;
  readonly authorization?: Secret;
  /** For people: `with a token`, `as alice`. */
  readonly who: string;
  readonly checksum?: Digest;
  readonly tls?: TlsOptions;
  readonly idleTimeout?: number;
}

/** What the location, the options and `.netrc` say. */
export async function readAccess({ location, options = [] }: ContextRequest, world: World): Promise<HttpAccess> {
  const given = givenOptions(options);
  const url = new URL(location);
  const tls = await tlsOf(given, world);
  const checksum = checksumOf(given.get('checksum'));
  const timeout = given.get('timeout');
  const login = (await loginOf(given, world)) ?? (await loginOfUrl(url, world));
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    url,
    ...(login ?? { who: 'without a login' }),
    ...(checksum !== undefined && { checksum }),
    ...(tls && { tls }),
    ...(timeout !== undefined && { idleTimeout: milliseconds(timeout) }),
  };
}

const known = [
  'username',
  'password-env',
  'token-env',
  'checksum',
  'ca',
  'cert',
  'key',
  'insecure-skip-tls',
  'timeout',
] as const;

/** Strict: a checksum that is misspelt would be one that nobody looks at. */
function givenOptions(options: Pairs): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of options) {
    const [, group = '', option = ''] = /^([^.]*)\.(.*)$/s.exec(name) ?? [];
    if (group !== 'http')
      throw problem('OPTION', {
        option,
        group,
        reason: 'this context is no repository',
        hint: 'git+https://… is one.',
      });
    if (!(known as readonly string[]).includes(option)) throw unknownOption(option);
    given.set(option, value);
  }
  return given;
}

function unknownOption(option: string): Error {
  const near = nearest(option, known);
  const hint = ['token', 'password'].includes(option)
    ? `Secrets are named by the variable that holds them: ${option}-env=VARIABLE.`
    : near === undefined
      ? `There are: ${known.join(', ')}.`
      : `Was "${near}" meant?`;
  return problem('OPTION', { option, reason: 'there is no such option', hint });
}

/** What every request for the file says. */
export const requestOf = ({ url, authorization, tls, idleTimeout }: HttpAccess, signal: AbortSignal): HttpRequest => ({
  method: 'GET',
  url,
  bulk: true,
  signal,
  // A compressed transfer would make offsets and checksums meaningless.
  headers: { 'accept-encoding': 'identity', ...(authorization && { authorization: authorization.reveal() }) },
  ...(tls && { tls }),
  ...(idleTimeout !== undefined && { idleTimeout }),
});

type Given = ReadonlyMap<string, string>;
type Login = Pick<HttpAccess, 'authorization' | 'who'>;

async function loginOf(given: Given, world: World): Promise<Login | undefined> {
  const token = secretOf(given, 'token-env', world);
  const username = given.get('username');
  const password = secretOf(given, 'password-env', world);
  if (token) {
    if (username !== undefined || password)
      throw problem('OPTION', { option: 'token-env', reason: 'a token goes without user and password' });
    return { authorization: new Secret(`Bearer ${token.reveal()}`), who: 'with a token' };
  }
  if (password && username === undefined)
    throw problem('OPTION', { option: 'password-env', reason: 'whose password it is, http.username must say' });
  return username === undefined ? undefined : basic(username, password ?? new Secret(''));
}

async function loginOfUrl({ username, password, hostname }: URL, world: World): Promise<Login | undefined> {
  if (username !== '') return basic(decoded(username), new Secret(decoded(password)));
  const known = await netrcLogin(hostname.replace(/^\[|\]$/g, ''), world);
  return known && basic(known.username, known.password);
}

const basic = (username: string, password: Secret): Login => ({
  authorization: new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`),
  who: `as ${username}`,
});

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function secretOf(given: Given, option: string, { env }: World): Secret | undefined {
  const variable = given.get(option);
  if (variable === undefined) return undefined;
  const value = env[variable];
  if (value) return new Secret(value);
  const reason = `the variable ${variable} is ${value === undefined ? 'not set' : 'empty'}`;
  throw problem('OPTION', { option, reason, hint: `export ${variable}=…, and name the variable here, not its value.` });
}

async function tlsOf(given: Given, world: World): Promise<TlsOptions | undefined> {
  const [ca, cert, key] = await Promise.all(['ca', 'cert', 'key'].map((option) => pem(given, option, world)));
  const skip = given.get('insecure-skip-tls') ?? 'false';
  if (skip !== 'true' && skip !== 'false')
    throw problem('OPTION', { option: 'insecure-skip-tls', reason: `"${skip}" is neither true nor false` });
  const insecure = skip === 'true';
  if ((cert === undefined) !== (key === undefined))
    throw problem('OPTION', { option: cert === undefined ? 'key' : 'cert', reason: 'a certificate goes with its key' });
  if (ca === undefined && cert === undefined && !insecure) return undefined;
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(insecure && { insecure }),
  };
}

async function pem(given: Given, option: string, { cwd }: World): Promise<string | undefined> {
  const path = given.get(option);
  if (path === undefined) return undefined;
  const text = await readFile(resolve(cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('OPTION', { option, reason: `${path} cannot be read (${error.code})` }, {}, { cause: error });
  });
  if (!text.includes('-----BEGIN ')) throw problem('OPTION', { option, reason: `${path} is no PEM file` });
  return text;
}

function checksumOf(text: string | undefined): Digest | undefined {
  if (text === undefined) return undefined;
  const digest = /^[0-9a-f]{64}$/i.test(text) ? `sha256:${text}` : text;
  if (isDigest(digest.toLowerCase())) return digest.toLowerCase() as Digest;
  throw problem('OPTION', {
    option: 'checksum',
    reason: `"${text}" is no checksum`,
    hint: 'It reads sha256:<64 hexadecimal digits>.',
  });
}

function milliseconds(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds * 1000;
  throw problem('OPTION', { option: 'timeout', reason: `"${text}" is no number of seconds` });
}
