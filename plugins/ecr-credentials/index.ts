import * as z from 'zod/mini';
import { definePlugin, pluginOptions, type Credentials, type World } from '../../core/index.ts';
import { keptLogins } from '../shared/kept-logins.ts';
import { ecrHost, type EcrHost } from './hosts.ts';

export interface EcrOptions {
  /** A profile of `~/.aws`; absent: what AWS's default chain finds. */
  readonly profile?: string;
}

const known = z.strictObject({
  profile: z.optional(z.string().check(z.minLength(1, { error: 'it must not be empty' }))),
});

/**
 * Logins for the registries of AWS (ECR, and public.ecr.aws) out of AWS's own credentials. No other host makes it look
 * for any.
 */
export const ecrCredentials = definePlugin((given: EcrOptions = {}) => {
  const options = pluginOptions(known, given, 'ecr-credentials');
  const kept = keptLogins();
  return {
    name: 'ecr-credentials',
    credentials: [
      {
        name: 'ecr-credentials',
        async credentials({ registry, actions }, world) {
          const host = ecrHost(registry);
          if (host === undefined) return undefined;
          // Public images need no login: looking for one must neither cost nor stop a pull.
          if (host.public && !actions.includes('push'))
            return kept(world, `${host.api} to pull`, () =>
              login(registry, host, withoutMachine(world), options).catch(() => undefined),
            );
          return kept(
            world,
            host.api,
            async () => (await login(registry, host, world, options)) ?? nobody(registry, world),
          );
        },
      },
    ],
  };
});

async function login(
  registry: string,
  host: EcrHost,
  world: World,
  { profile }: { readonly profile?: string | undefined },
): Promise<Credentials | undefined> {
  const { awsIdentity } = await import('../shared/aws/identity.ts');
  const keys = await awsIdentity(world, profile).keys();
  if (keys === undefined) return undefined;
  const { authorization } = await import('./authorization.ts');
  return authorization(registry, host, keys, world);
}

/** The same world, but for the metadata service of a machine: where this is none of AWS's, waiting for it takes a second. */
const withoutMachine = (world: World): World =>
  Object.create(world, { env: { value: { ...world.env, AWS_EC2_METADATA_DISABLED: 'true' } } }) as World;

function nobody(registry: string, world: World): undefined {
  world.report({
    type: 'notice',
    level: 'warning',
    code: 'NO_AWS_CREDENTIALS',
    message: `${registry} wants a login, and there are no credentials of AWS: not in the environment, in ~/.aws, in the container, nor on the machine.`,
  });
}
