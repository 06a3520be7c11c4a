import { join, resolve } from 'node:path';
import type { World } from '../../../core/index.ts';
import { readCredentialFile } from './credential-file.ts';
import { metadataIdentity } from './metadata.ts';
import { tokensOf, type TokenSource } from './tokens.ts';

export interface GoogleOptions {
  /** What tokens are to be good for: `https://www.googleapis.com/auth/cloud-platform`. */
  readonly scope: string;
  /** May the metadata server be looked for, over the network? */
  readonly machine: boolean;
  /** A file of credentials, in place of the one the environment names. From the current directory. */
  readonly file?: string | undefined;
}

/**
 * Application default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, that of gcloud, the metadata
 * server of the machine. `undefined`: nobody.
 */
export async function googleIdentity(
  world: World,
  { scope, machine, file: given }: GoogleOptions,
): Promise<TokenSource | undefined> {
  const named = given ?? (world.env['GOOGLE_APPLICATION_CREDENTIALS'] || undefined);
  const file = named === undefined ? gcloudFile(world) : resolve(world.cwd, named);
  const credentials = await readCredentialFile(file, named !== undefined);
  if (credentials !== undefined) return tokensOf(credentials, file, world, scope);
  return machine ? metadataIdentity(world) : undefined;
}

const gcloudFile = ({ env, home }: World): string =>
  join(env['CLOUDSDK_CONFIG'] || join(home, '.config', 'gcloud'), 'application_default_credentials.json');
