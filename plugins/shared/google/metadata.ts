import { readFile } from 'node:fs/promises';
import { Secret, type World } from '../../../core/index.ts';
import { askJson, complaintOf, textField, type JsonAnswer } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import { problem } from './problems.ts';
import type { TokenSource } from './tokens.ts';

const who = 'the service account of this machine (metadata server)';
const usualHost = '169.254.169.254';
/** Milliseconds in which the server of a machine of Google's has answered; elsewhere nothing ever does. */
const patience = 2000;

/**
 * Who this machine is, as the metadata server of Compute Engine, GKE and Cloud Run tells; `undefined` where there is
 * none. `GCE_METADATA_HOST` says that there is one, and where; `METADATA_SERVER_DETECTION=none` that there is none.
 */
export async function metadataIdentity(world: World): Promise<TokenSource | undefined> {
  const { GCE_METADATA_HOST: named, METADATA_SERVER_DETECTION: detection } = world.env;
  if (detection === 'none') return undefined;
  const host = named || usualHost;
  const isSure = Boolean(named) || detection === 'assume-present';
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
    first = await ask(!isSure);
  } catch (error) {
    if (isSure || world.signal.aborted) throw error;
    return undefined;
  }
  // Whatever else answers at this address is not Google's.
  if (first.headers['metadata-flavor'] !== 'Google') return undefined;
  return {
    who,
    async fetchToken(): Promise<AccessToken> {
      const answer = first ?? (await ask(false));
      first = undefined;
      if (answer.status !== 200) throw problem('TOKEN_REFUSED', { who, host, said: complaintOf(answer) });
      const expires = world.now().getTime() + Number(answer.fields['expires_in']) * 1000;
      return { token: new Secret(textField(answer, 'access_token', host)), expires };
    },
  };
}

/** Does the machine itself say that it is Google's? Asks nobody: its firmware tells, and services set variables. */
export async function isGoogleMachine({ env }: World): Promise<boolean> {
  if (env['METADATA_SERVER_DETECTION'] === 'none') return false;
  const telling = ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'];
  if (telling.some((name) => env[name]) || env['METADATA_SERVER_DETECTION'] === 'assume-present') return true;
  const product = await readFile('/sys/class/dmi/id/product_name', 'utf8').catch(() => '');
  return product.startsWith('Google');
}
