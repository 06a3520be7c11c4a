import { BuildError, Secret, type Credentials, type World } from '../../core/index.ts';
import { askJson, complaintOf, textField } from '../shared/ask-json.ts';
import type { AzureCloud } from '../shared/azure/cloud.ts';
import type { AzureIdentity } from '../shared/azure/identity.ts';
import { problem } from './problems.ts';

/**
 * Shows a token of Azure to the registry, which gives a refresh token of its own for three hours. Newer registries may
 * take tokens that are meant for registries alone, older directories give such only for the management of Azure.
 */
export async function exchange(
  registry: string,
  cloud: AzureCloud,
  identity: AzureIdentity,
  world: World,
): Promise<Credentials> {
  let first: unknown;
  for (const resource of [cloud.registries, cloud.management]) {
    try {
      const { token } = await identity.token(resource);
      return await refreshToken(registry, identity.who, token, world);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      first ??= error;
    }
  }
  throw first;
}

const isRefusal = (error: unknown): boolean => BuildError.is(error) && /\/(TOKEN|EXCHANGE)_REFUSED$/.test(error.code);

async function refreshToken(registry: string, who: string, token: Secret, world: World): Promise<Credentials> {
  const url = new URL(`https://${registry}/oauth2/exchange`);
  const { AZURE_TENANT_ID: tenant } = world.env;
  const form = {
    grant_type: 'access_token',
    service: registry,
    access_token: token.reveal(),
    ...(tenant && { tenant }),
  };
  const answer = await askJson({ method: 'POST', url, form }, world);
  if (answer.status !== 200) throw problem('EXCHANGE_REFUSED', { registry, who, said: complaintOf(answer, [token]) });
  const refresh = textField(answer, 'refresh_token', registry);
  const end = endOf(refresh);
  return {
    kind: 'refresh',
    token: new Secret(refresh),
    from: who,
    ifDenied: 'The identity needs the role AcrPull to pull and AcrPush to push, at this registry.',
    ...(end !== undefined && { expires: end }),
  };
}

/** When a JWT ends, as it says itself. */
function endOf(jwt: string): Date | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: unknown };
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
