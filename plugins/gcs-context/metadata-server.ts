import { Secret, type World } from '../../core/index.ts';
import { askJson, complaintOf, textField, type JsonAnswer } from '../shared/ask-json.ts';
import { bearerAccess, type Access, type AccessToken } from '../shared/cloud-access.ts';
import { problem } from './problems.ts';

const who = 'the service account of this machine (metadata server)';
const usualHost = '169.254.169.254';
/** Milliseconds in which the server of a machine of Google's has answered; elsewhere nothing ever does. */
const patience = 2000;

/**
 * Who this machine is, as the metadata server of Compute Engine, GKE and Cloud Run tells; `undefined` where there is
 * none. `GCE_METADATA_HOST` says that there is one, and where.
 */
export async function metadataAccess(world: World): Promise<Access | undefined> {
  const named = world.env['GCE_METADATA_HOST'] || undefined;
  const host = named ?? usualHost;
  const ask = (limited: boolean): Promise<JsonAnswer> =>
    askJson(
      {
        method: 'GET',
        url: new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`),
        headers: { 'metadata-flavor': 'Google' },
        ...(limited && { attempts: 1, signal: AbortSignal.any([world.signal, AbortSignal.timeout(patience)]) }),
      },
      world,
    );
  let first: JsonAnswer | undefined;
  try {
    first = await ask(named === undefined);
  } catch (error) {
    if (named !== undefined || world.signal.aborted) throw error;
    return undefined;
  }
  // Whatever else answers at this address is not Google's.
  if (first.headers['metadata-flavor'] !== 'Google') return undefined;
  const fetchToken = async (): Promise<AccessToken> => {
    const answer = first ?? (await ask(false));
    first = undefined;
    if (answer.status !== 200) throw problem('TOKEN_REFUSED', { who, host, said: complaintOf(answer) });
    const expires = world.now().getTime() + Number(answer.fields['expires_in']) * 1000;
    return { token: new Secret(textField(answer, 'access_token', host)), expires };
  };
  return bearerAccess(who, fetchToken, () => world.now());
}
