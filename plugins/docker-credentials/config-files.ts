import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { World } from '../../core/index.ts';
import { problem } from './problems.ts';

/** What of docker's config.json (and podman's auth.json) is about credentials. */
export interface CredentialsConfig {
  /** The file, or the variable it came in. */
  readonly origin: string;
  /** Registry or repository → entry, as written. */
  readonly auths: readonly (readonly [key: string, entry: AuthEntry])[];
  /** Registry → name of the helper that knows it; an empty one: this file does, whatever `store` says. */
  readonly helpers: readonly (readonly [key: string, helper: string])[];
  /** The helper for all others. */
  readonly store: string | undefined;
}

export interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** All configs there are, the one that counts first at the front. */
export async function readConfigs(world: World): Promise<readonly CredentialsConfig[]> {
  const { env, home, uid } = world;
  const inline = env['DOCKER_AUTH_CONFIG'];
  const configs = inline ? [parseConfig(inline, 'DOCKER_AUTH_CONFIG')] : [];
  const files = [
    env['REGISTRY_AUTH_FILE'],
    await dockerConfigFile(world),
    // Where `podman login` writes.
    env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'containers/auth.json') : podmansPlace(uid),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
  ];
  const places = files.filter((one) => one !== undefined && one !== '').map((one) => resolve(world.cwd, one!));
  for (const file of new Set(places)) {
    const text = await readText(file, file === podmansPlace(uid));
    if (text !== undefined) configs.push(parseConfig(text, file));
  }
  return configs;
}

/** Where podman keeps logins of users without a runtime folder; root's containers may have closed it to others. */
const podmansPlace = (uid: number): string => `/run/containers/${uid}/auth.json`;

/** Where a login is written: the file that is read first. */
export const writtenConfigFile = async (world: World): Promise<string> =>
  resolve(world.cwd, world.env['REGISTRY_AUTH_FILE'] || (await dockerConfigFile(world)));

/** `DOCKER_CONFIG` is a folder for docker; some mount the file there. */
async function dockerConfigFile({ env, home, cwd }: World): Promise<string> {
  const place = resolve(cwd, env['DOCKER_CONFIG'] || join(home, '.docker'));
  return (await isFile(place)) ? place : join(place, 'config.json');
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** `undefined` where there is none; with `mayBeClosed` also where nobody may look. */
export async function readText(file: string, mayBeClosed = false): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || (mayBeClosed && code === 'EACCES')) return undefined;
    throw problem('CONFIG_UNREADABLE', { file, reason: code ?? 'it cannot be read' }, {}, { cause: error });
  }
}

export function parseConfig(text: string, origin: string): CredentialsConfig {
  const { auths, credHelpers, credsStore } = parseObject(text, origin);
  return {
    origin,
    auths: entriesOf(auths).map(([key, entry]) => [key, textsOf(entry)] as const),
    helpers: entriesOf(credHelpers).flatMap(([key, name]) => (typeof name === 'string' ? [[key, name] as const] : [])),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

/** The parser's own words are left out: they quote the text, and the text holds passwords. */
export function parseObject(text: string, origin: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw problem('CONFIG_UNREADABLE', { file: origin, reason: 'it is no JSON' });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw problem('CONFIG_UNREADABLE', { file: origin, reason: 'it is no JSON object' });
  return content as Record<string, unknown>;
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

const textsOf = (entry: unknown): AuthEntry =>
  Object.fromEntries(entriesOf(entry).filter(([, value]) => typeof value === 'string' && value !== ''));
