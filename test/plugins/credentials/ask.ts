/** What the tests of providers share. */
import type { AuthRequest, Credentials, Plugin, World } from '../../../core/index.ts';

/** `alice:s3cret`, `refresh TOKEN`, `bearer TOKEN`; undefined: it knows nothing. */
export async function ask(
  plugin: Plugin,
  place: string,
  world: World,
  actions: AuthRequest['actions'] = ['pull'],
): Promise<string | undefined> {
  const [registry = '', ...path] = place.split('/');
  const request = { registry, repository: path.join('/') || 'team/app', actions };
  return shown(await plugin.credentials![0]!.credentials(request, world));
}

export const shown = (found: Credentials | undefined): string | undefined =>
  found &&
  (found.kind === 'basic' ? `${found.username}:${found.password.reveal()}` : `${found.kind} ${found.token.reveal()}`);
