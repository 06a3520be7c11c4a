import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../core/index.ts';
import { problem } from './problems.ts';

/** What of docker's config.json (and podman's auth.json) is about credentials. */
export interface CredentialsConfig {
  /** The file, or the variable it came in. */
  readonly origin: string;
  /** Registry or repository → entry, as written. */
  readonly auths: readonly (readonly [key: string, entry: AuthEntry])[];
  /** Registry → name of the helper that knows it. */
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
export async function readConfigs({ env, home }: World): Promise<readonly CredentialsConfig[]> {
  const inline = env['DOCKER_AUTH_CONFIG'];
  const configs = inline ? [parseConfig(inline, 'DOCKER_AUTH_CONFIG')] : [];
  const docker = env['DOCKER_CONFIG'] || join(home, '.docker');
  const runtime = env['XDG_RUNTIME_DIR'];
  const files = [
    env['REGISTRY_AUTH_FILE'],
    (await isFile(docker)) ? docker : join(docker, 'config.json'),
    runtime && join(runtime, 'containers/auth.json'),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers/auth.json'),
  ];
  for (const file of new Set(files.filter((one) => one !== undefined && one !== ''))) {
    const text = await readText(file!);
    if (text !== undefined) configs.push(parseConfig(text, file!));
  }
  return configs;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw problem('CONFIG_UNREADABLE', { file, reason: code ?? 'it cannot be read' }, {}, { cause: error });
  }
}

/** The parser's own words are left out: they quote the text, and the text holds passwords. */
export function parseConfig(text: string, origin: string): CredentialsConfig {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw problem('CONFIG_UNREADABLE', { file: origin, reason: 'it is no JSON' });
  }
  if (typeof content !== 'object' || content === null)
    throw problem('CONFIG_UNREADABLE', { file: origin, reason: 'it is no JSON object' });
  const { auths, credHelpers, credsStore } = content as Record<string, unknown>;
  return {
    origin,
    auths: entriesOf(auths).map(([key, entry]) => [key, textsOf(entry)] as const),
    helpers: entriesOf(credHelpers).flatMap(([key, name]) =>
      typeof name === 'string' && name !== '' ? [[key, name] as const] : [],
    ),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

const textsOf = (entry: unknown): AuthEntry =>
  Object.fromEntries(entriesOf(entry).filter(([, value]) => typeof value === 'string' && value !== ''));
