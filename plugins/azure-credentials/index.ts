import { definePlugin, type Credentials, type World } from '../../core/index.ts';
import { cloudOfRegistry, type AzureCloud } from '../shared/azure/cloud.ts';
import { keptLogins } from '../shared/kept-logins.ts';

/**
 * Logins for the registries of Azure (`NAME.azurecr.io`) by a service principal, a workload identity or a managed
 * identity. No other host makes it look for any.
 */
export const azureCredentials = definePlugin(() => {
  const kept = keptLogins();
  return {
    name: 'azure-credentials',
    credentials: [
      {
        name: 'azure-credentials',
        async credentials({ registry }, world) {
          const name = registry.toLowerCase();
          const cloud = cloudOfRegistry(name);
          return cloud && kept(world, name, () => login(name, cloud, world));
        },
      },
    ],
  };
});

async function login(registry: string, cloud: AzureCloud, world: World): Promise<Credentials | undefined> {
  const { azureIdentity } = await import('../shared/azure/find-identity.ts');
  const identity = await azureIdentity(world, cloud);
  // Some registries let everybody pull.
  if (identity === undefined) return undefined;
  const { exchange } = await import('./exchange.ts');
  return exchange(registry, cloud, identity, world);
}
