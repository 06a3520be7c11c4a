import { Secret, type World } from '../../../core/index.ts';
import type { AzureCloud } from './cloud.ts';
import type { AzureIdentity } from './identity.ts';
import { appIdentity, isOnMachine, machineIdentity } from './managed.ts';
import { principalFrom } from './principal.ts';

/**
 * Who we are to Azure, the first of: a service principal (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID` with `AZURE_CLIENT_SECRET`
 * or `AZURE_CLIENT_CERTIFICATE_PATH`), a workload identity (`AZURE_FEDERATED_TOKEN_FILE`), the managed identity of an app
 * (`IDENTITY_ENDPOINT`) or of the machine. The last alone is looked for over the network. `undefined`: nobody.
 * `cloud` says where the tokens of principals come from, unless the environment does; absent: the public cloud.
 */
export async function azureIdentity(world: World, cloud?: AzureCloud): Promise<AzureIdentity | undefined> {
  const principal = principalFrom(world, cloud);
  if (principal !== undefined) return principal;
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = world.env;
  if (endpoint && header) return appIdentity(endpoint, new Secret(header), world);
  return (await isOnMachine(world)) ? machineIdentity(world) : undefined;
}
