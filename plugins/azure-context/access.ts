import { Secret, type Env, type World } from '../../core/index.ts';
import { secretPlace } from '../shared/ask-json.ts';
import { cloudOfBlobs } from '../shared/azure/cloud.ts';
import type { AzureIdentity } from '../shared/azure/identity.ts';
import { appIdentity, isOnMachine, machineIdentity } from '../shared/azure/managed.ts';
import { principalFrom } from '../shared/azure/principal.ts';
import { anonymousAccess, bearerAccess, type Access } from '../shared/cloud-access.ts';
import type { Connection } from './connection-string.ts';
import type { AzureLocation } from './location.ts';
import type { AzureSettings } from './options.ts';
import { problem } from './problems.ts';
import { sharedKeyAccess } from './shared-key.ts';

const connectionName = 'AZURE_STORAGE_CONNECTION_STRING';

/**
 * Who asks, the nearest first: the SAS of the location, a SAS or key of the environment, the connection string, an
 * identity of the environment. Else nobody; the identity service of Azure's machines is asked only when nobody was
 * refused, as it is not there elsewhere.
 */
export function findAccess(
  location: AzureLocation & { readonly service: string },
  connection: Connection | undefined,
  settings: AzureSettings,
  world: World,
): Access {
  const { account, service } = location;
  const now = (): Date => world.now();
  if (location.sas) return sasAccess(location.sas, 'the SAS of the location', service);
  const sas = secretOf(world.env, settings.sasEnv, ['AZURE_STORAGE_SAS_TOKEN'], account);
  if (sas) return sasAccess(sas.value, `the SAS in ${sas.name}`, service);
  const key = secretOf(world.env, settings.keyEnv, ['AZURE_STORAGE_ACCESS_KEY', 'AZURE_STORAGE_KEY'], account);
  if (key) return sharedKeyAccess(account, key.value, key.name, now);
  if (connection?.key) return sharedKeyAccess(account, connection.key, connectionName, now);
  if (connection?.sas) return sasAccess(connection.sas, `the SAS in ${connectionName}`, service);
  secretPlace(service);
  const bearer = (identity: AzureIdentity): Access => bearerAccess(identity.who, () => identity.token(resource), now);
  const named = principalFrom(world, cloudOfBlobs(new URL(service).hostname)) ?? identityOfApp(world);
  if (named) return bearer(named);
  return anonymousAccess(async () => ((await isOnMachine(world)) ? bearer(machineIdentity(world)) : undefined));
}

/** What tokens for blobs are for, in all clouds. */
const resource = 'https://storage.azure.com';

function identityOfApp(world: World): AzureIdentity | undefined {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = world.env;
  return endpoint && header ? appIdentity(endpoint, new Secret(header), world) : undefined;
}

/**
 * What a variable holds. The usual variables belong to the account of `AZURE_STORAGE_ACCOUNT`, where that is said:
 * another account's address must not be told of them.
 */
function secretOf(
  env: Env,
  named: string | undefined,
  usual: readonly string[],
  account: string,
): { readonly name: string; readonly value: Secret } | undefined {
  if (named !== undefined && !env[named]) throw problem('VARIABLE_INVALID', { name: named, reason: 'it is not set' });
  const owner = env['AZURE_STORAGE_ACCOUNT'];
  if (named === undefined && owner && owner !== account) return undefined;
  const name = (named === undefined ? usual : [named]).find((one) => env[one]);
  return name === undefined ? undefined : { name, value: new Secret(env[name]!) };
}

/** The query of a request carries it. */
function sasAccess(sas: Secret, who: string, service: string): Access {
  secretPlace(service);
  const pairs = sas.reveal().replace(/^\?/, '');
  return {
    who,
    anonymous: false,
    renew: async () => false,
    async sign({ url, ...question }) {
      const signed = new URL(url);
      // As it was written: what is signed is not to be escaped anew.
      signed.search = [url.search.slice(1), pairs].filter((part) => part !== '').join('&');
      return { ...question, url: signed };
    },
  };
}

/** Until when a SAS is good, where it says so: a time, and no secret. */
export function endOfSas(question: { readonly url: URL }): Date | undefined {
  const end = new Date(question.url.searchParams.get('se') ?? '');
  return Number.isNaN(end.getTime()) ? undefined : end;
}
