import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsOptions } from '../contract/http.ts';
import type { World } from '../contract/world.ts';

/**
 * What docker and podman are told about single registries: `certs.d/HOST:PORT/` with `*.crt` (authorities) and
 * `NAME.cert` beside `NAME.key` (who we are). The user's own folders count before the machine's.
 */
export async function tlsFromCertsD(
  registry: string,
  world: Pick<World, 'env' | 'home'>,
): Promise<TlsOptions | undefined> {
  // A name of a registry is a name of a folder; one that would be a path is not looked up.
  if (/^\.|[/\0]/.test(registry)) return undefined;
  for (const folder of foldersOf(world)) {
    const found = await readFolder(join(folder, registry));
    if (found !== undefined) return found;
  }
  return undefined;
}

function foldersOf({ env, home }: Pick<World, 'env' | 'home'>): string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    join(config, 'containers/certs.d'),
    join(config, 'docker/certs.d'),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ];
}

async function readFolder(folder: string): Promise<TlsOptions | undefined> {
  const names = (await readdir(folder).catch((): string[] => [])).sort();
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read));
  const pair = names.find((name) => name.endsWith('.cert') && names.includes(name.replace(/cert$/, 'key')));
  const ca = authorities.filter((text) => text !== '').join('\n');
  if (ca === '' && pair === undefined) return undefined;
  return {
    ...(ca === '' ? {} : { ca }),
    ...(pair === undefined ? {} : { cert: await read(pair), key: await read(pair.replace(/cert$/, 'key')) }),
  };
}
