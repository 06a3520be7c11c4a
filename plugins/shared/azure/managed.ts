import { Secret, type World } from '../../../core/index.ts';
import { askJson, complaintOf, secretPlace, textField, type JsonAnswer } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import type { AzureIdentity } from './identity.ts';
import { problem } from './problems.ts';

/** Milliseconds in which the metadata service of a machine of Azure's has answered; elsewhere nothing ever does. */
const patience = 1000;

/** The managed identity of App Service, Functions and Container Apps. */
export function appIdentity(endpoint: string, header: Secret, world: World): AzureIdentity {
  const who = 'the managed identity of the app';
  return {
    who,
    async token(resource) {
      const url = secretPlace(endpoint);
      ask(url, resource, '2019-08-01', world);
      const answer = await askJson({ method: 'GET', url, headers: { 'x-identity-header': header.reveal() } }, world);
      return readToken(answer, { who, host: url.host, secrets: [header] }, world);
    },
  };
}

/** The managed identity of a virtual machine or a node of Kubernetes. Nothing is asked before the first token. */
export function machineIdentity(world: World): AzureIdentity {
  const who = 'the managed identity of the machine';
  return {
    who,
    async token(resource) {
      const url = new URL('/metadata/identity/oauth2/token', world.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || usual);
      ask(url, resource, '2018-02-01', world);
      const question = { method: 'GET', url, headers: { metadata: 'true' } } as const;
      return readToken(await askJson(question, world), { who, host: url.host, secrets: [] }, world);
    },
  };
}

const usual = 'http://169.254.169.254';

/** Does anything of Azure's answer there? Where nobody does, whoever waits waits in vain. */
export async function isOnMachine(world: World): Promise<boolean> {
  const url = new URL('/metadata/identity/oauth2/token', world.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || usual);
  const late = AbortSignal.timeout(patience);
  try {
    // Without the header Azure refuses, which is answer enough.
    const http = await world.http();
    const response = await http.request({
      method: 'GET',
      url,
      redirects: 0,
      signal: AbortSignal.any([world.signal, late]),
    });
    await response.discard();
    return response.status === 400;
  } catch (error) {
    if (world.signal.aborted) throw error;
    return false;
  }
}

/** `AZURE_CLIENT_ID` says which, where there are several. */
function ask(url: URL, resource: string, version: string, { env }: World): void {
  url.searchParams.set('api-version', version);
  url.searchParams.set('resource', resource);
  const client = env['AZURE_CLIENT_ID'];
  if (client) url.searchParams.set('client_id', client);
}

function readToken(
  answer: JsonAnswer,
  { who, host, secrets }: { readonly who: string; readonly host: string; readonly secrets: readonly Secret[] },
  world: World,
): AccessToken {
  if (answer.status !== 200) throw problem('TOKEN_REFUSED', { who, host, said: complaintOf(answer, secrets) });
  // Seconds since 1970; numbers come as texts.
  const end = Number(answer.fields['expires_on']) * 1000;
  const life = Number(answer.fields['expires_in']) * 1000;
  return {
    token: new Secret(textField(answer, 'access_token', host)),
    expires: end > 0 ? end : world.now().getTime() + (life > 0 ? life : 0),
  };
}
