import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Secret, type World } from '../../../core/index.ts';
import { askJson, complaintOf, secretPlace, textField } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import { certificateAssertion } from './assertion.ts';
import { authorityOf, type AzureCloud } from './cloud.ts';
import type { AzureIdentity } from './identity.ts';
import { problem } from './problems.ts';

/** What stands for the password of a principal in a request. */
interface Proof {
  readonly form: Readonly<Record<string, string>>;
  readonly secret: Secret;
}

/** A service principal or a workload identity that the environment names; `undefined`: it names none. */
export function principalFrom(world: World, cloud: AzureCloud | undefined): AzureIdentity | undefined {
  const { env, cwd } = world;
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = env;
  if (!tenant || !client) return undefined;
  const endpoint = new URL(`${authorityOf(env, cloud).replace(/\/+$/, '')}/${tenant}/oauth2/v2.0/token`);
  const from = (who: string, prove: () => Promise<Proof>): AzureIdentity => ({
    who: `${who} ${client}`,
    token: async (resource) =>
      principalToken({ who: `${who} ${client}`, client, endpoint, resource, proof: await prove() }, world),
  });
  const { AZURE_CLIENT_SECRET: secret, AZURE_CLIENT_CERTIFICATE_PATH: certificate } = env;
  const { AZURE_FEDERATED_TOKEN_FILE: federated } = env;
  if (secret)
    return from('the service principal', async () => ({ form: { client_secret: secret }, secret: new Secret(secret) }));
  if (certificate)
    return from('the service principal', async () => {
      const pem = await readNamed('AZURE_CLIENT_CERTIFICATE_PATH', resolve(cwd, certificate));
      return asserted(certificateAssertion({ pem, client, audience: endpoint.href, now: world.now() }, certificate));
    });
  if (federated)
    // Read anew each time: Kubernetes replaces it where it lies.
    return from('the workload identity', async () =>
      asserted(new Secret((await readNamed('AZURE_FEDERATED_TOKEN_FILE', resolve(cwd, federated))).trim())),
    );
  return undefined;
}

const asserted = (assertion: Secret): Proof => ({
  form: {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion.reveal(),
  },
  secret: assertion,
});

async function readNamed(variable: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw problem('FILE_UNREADABLE', {
      variable,
      file,
      reason: `it cannot be read (${(error as NodeJS.ErrnoException).code})`,
    });
  }
}

interface Asked {
  readonly who: string;
  readonly client: string;
  readonly endpoint: URL;
  readonly resource: string;
  readonly proof: Proof;
}

/** Client credentials (RFC 6749 4.4), with a secret or an assertion (RFC 7523). */
async function principalToken({ who, client, endpoint, resource, proof }: Asked, world: World): Promise<AccessToken> {
  const url = secretPlace(endpoint.href);
  const form = { grant_type: 'client_credentials', client_id: client, scope: `${resource}/.default`, ...proof.form };
  const answer = await askJson({ method: 'POST', url, form }, world);
  if (answer.status !== 200)
    throw problem('TOKEN_REFUSED', { who, host: url.host, said: complaintOf(answer, [proof.secret]) });
  return {
    token: new Secret(textField(answer, 'access_token', url.host)),
    expires: world.now().getTime() + Number(answer.fields['expires_in']) * 1000,
  };
}
