import type { World } from '../../../core/index.ts';
import type { AwsKeys } from './keys.ts';
import { containerKeys, machineKeys } from './metadata.ts';
import { environmentKeys, readProfiles, regionIn, webIdentityKeys, type Profiles } from './profiles.ts';

/** Who we are to AWS. */
export interface AwsIdentity {
  /** `undefined`: nobody in particular. Asked for anew before they end. */
  keys(): Promise<AwsKeys | undefined>;
  /** What environment and profile say; `undefined`: nothing. */
  region(): Promise<string | undefined>;
  endpoint(): Promise<string | undefined>;
}

/** Milliseconds before the end of keys in which they are replaced. */
const renewal = 300_000;

/**
 * The default chain of AWS: a profile that was asked for; else environment, token of a web identity, profile, container,
 * machine. The places further down are asked only where those above have nothing, so that away from AWS nobody is.
 */
export function awsIdentity(world: World, profile?: string): AwsIdentity {
  let profiles: Promise<Profiles> | undefined;
  const named = profile ?? (world.env['AWS_PROFILE'] || undefined);
  const files = (): Promise<Profiles> => (profiles ??= readProfiles(world));
  const setting = async (name: string): Promise<string | undefined> =>
    (await files()).setting(named ?? 'default', name);

  const find = async (): Promise<AwsKeys | undefined> => {
    const fromProfile = async (): Promise<AwsKeys | undefined> =>
      (await files()).keys(named ?? 'default', named !== undefined);
    if (profile !== undefined) return fromProfile();
    const byToken = (): Promise<AwsKeys | undefined> => webIdentityKeys(world);
    const middle = named === undefined ? [byToken, fromProfile] : [fromProfile, byToken];
    for (const place of [async () => environmentKeys(world), ...middle, () => containerKeys(world)]) {
      const keys = await place();
      if (keys) return keys;
    }
    return machineKeys(world);
  };

  let current: Promise<AwsKeys | undefined> | undefined;
  let asked = 0;
  return {
    async keys() {
      const keys = await (current ??= find());
      const now = world.now().getTime();
      if (!keys?.expires || keys.expires - renewal > now) return keys;
      // Keys that are given with less life than that are taken as they are, and not asked for at every request.
      if (keys.expires > now && now - asked < renewal / 5) return keys;
      asked = now;
      current = find();
      return current;
    },
    region: async () => regionIn(world) ?? (await setting('region')),
    endpoint: async () =>
      world.env['AWS_ENDPOINT_URL_S3'] || world.env['AWS_ENDPOINT_URL'] || (await setting('endpoint_url')),
  };
}
