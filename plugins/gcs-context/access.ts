import type { World } from '../../core/index.ts';
import { anonymousAccess, bearerAccess, type Access } from '../shared/cloud-access.ts';
import { googleIdentity } from '../shared/google/identity.ts';
import { metadataIdentity } from '../shared/google/metadata.ts';
import { readScope, type TokenSource } from '../shared/google/tokens.ts';
import type { GcsSettings } from './options.ts';

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
export async function findAccess({ credentials: file }: GcsSettings, world: World): Promise<Access> {
  const accessOf = ({ who, fetchToken }: TokenSource): Access => bearerAccess(who, fetchToken, () => world.now());
  const machine = Boolean(world.env['GCE_METADATA_HOST']);
  const identity = await googleIdentity(world, { scope: readScope, machine, file });
  if (identity !== undefined) return accessOf(identity);
  return anonymousAccess(async () => {
    const found = await metadataIdentity(world);
    return found && accessOf(found);
  });
}
