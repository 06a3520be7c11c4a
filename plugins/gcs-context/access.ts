import { join, resolve } from 'node:path';
import type { World } from '../../core/index.ts';
import { anonymousAccess, bearerAccess, type Access } from '../shared/cloud-access.ts';
import { readCredentialFile } from './credential-file.ts';
import { metadataAccess } from './metadata-server.ts';
import type { GcsSettings } from './options.ts';
import { tokensOf } from './tokens.ts';

/** Nobody, whatever the answer. */
export const nobody: Access = {
  who: 'no credentials',
  anonymous: true,
  sign: async (question) => question,
  renew: async () => false,
};

/**
 * Application default credentials: the file of the options, that of the environment, that of gcloud. Else nobody; the
 * metadata server of Google's machines is asked only when nobody was refused, as it is not there elsewhere.
 */
export async function findAccess(settings: GcsSettings, world: World): Promise<Access> {
  const named = settings.credentials ?? (world.env['GOOGLE_APPLICATION_CREDENTIALS'] || undefined);
  const file = named === undefined ? gcloudFile(world) : resolve(world.cwd, named);
  const credentials = await readCredentialFile(file, named !== undefined);
  if (credentials !== undefined) {
    const { who, fetchToken } = tokensOf(credentials, file, world);
    return bearerAccess(who, fetchToken, () => world.now());
  }
  const known = world.env['GCE_METADATA_HOST'] ? await metadataAccess(world) : undefined;
  return known ?? anonymousAccess(() => metadataAccess(world));
}

const gcloudFile = ({ env, home }: World): string =>
  join(env['CLOUDSDK_CONFIG'] || join(home, '.config', 'gcloud'), 'application_default_credentials.json');
