import type { World } from '../../core/index.ts';
import { askJson, type JsonAnswer } from '../shared/ask-json.ts';
import { bearerAccess, type Access } from '../shared/cloud-access.ts';
import { resource, tokenOf } from './entra.ts';

const usualHost = 'http://169.254.169.254';
/** Milliseconds in which the service of a machine of Azure's has answered; elsewhere nothing ever does. */
const patience = 2000;

interface Service {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Somebody said that it is there. */
  readonly sure: boolean;
}

/** The identity that Azure gave this machine, container app or function; `undefined` where there is no such service. */
export async function managedIdentity(clientId: string | undefined, world: World): Promise<Access | undefined> {
  const service = serviceOf(clientId ?? (world.env['AZURE_CLIENT_ID'] || undefined), world);
  const who = 'the managed identity of this machine';
  const ask = (limited: boolean): Promise<JsonAnswer> =>
    askJson(
      {
        method: 'GET',
        url: service.url,
        headers: service.headers,
        ...(limited && { attempts: 1, signal: AbortSignal.any([world.signal, AbortSignal.timeout(patience)]) }),
      },
      world,
    );
  let first: JsonAnswer | undefined;
  try {
    first = await ask(!service.sure);
  } catch (error) {
    if (service.sure || world.signal.aborted) throw error;
    return undefined;
  }
  // Somebody else's service at this address, or a machine without an identity.
  if (!service.sure && first.status !== 200) return undefined;
  const fetchToken = async () => {
    const answer = first ?? (await ask(false));
    first = undefined;
    return tokenOf(answer, { who, host: service.url.host }, world);
  };
  return bearerAccess(who, fetchToken, () => world.now());
}

function serviceOf(clientId: string | undefined, { env }: World): Service {
  const query = { resource, ...(clientId !== undefined && { client_id: clientId }) };
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = env;
  if (endpoint && header && URL.canParse(endpoint))
    return {
      url: withQuery(endpoint, { 'api-version': '2019-08-01', ...query }),
      headers: { 'x-identity-header': header },
      sure: true,
    };
  const named = env['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
  const host = named && URL.canParse(named) ? named.replace(/\/+$/, '') : usualHost;
  return {
    url: withQuery(`${host}/metadata/identity/oauth2/token`, { 'api-version': '2018-02-01', ...query }),
    headers: { metadata: 'true' },
    sure: host !== usualHost,
  };
}

function withQuery(address: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
