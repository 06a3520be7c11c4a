import { Secret, type Credentials, type World } from '../../core/index.ts';
import { ask, type Answer } from '../shared/aws/ask.ts';
import type { AwsKeys } from '../shared/aws/keys.ts';
import { hexHash, signed } from '../shared/aws/sign.ts';
import type { EcrHost } from './hosts.ts';
import { problem } from './problems.ts';

/** GetAuthorizationToken: a user and a password for twelve hours, good for every registry that the keys may use. */
export async function authorization(
  registry: string,
  host: EcrHost,
  keys: AwsKeys,
  world: World,
): Promise<Credentials> {
  const body = '{}';
  const url = new URL(endpointOf(host, world));
  const service = host.public ? 'ecr-public' : 'ecr';
  const target = host.public ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921';
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${target}.GetAuthorizationToken`,
  };
  const request = { method: 'POST', url, headers, bodyHash: hexHash(body), service, now: world.now() } as const;
  const question = { method: 'POST', url, headers: signed({ ...request, region: host.region }, keys), body } as const;
  const answer = await ask({ ...question, from: 'The registry service of AWS' }, world);
  const fail = (reason: string): Error => problem('LOGIN_REFUSED', { registry, reason, public: host.public });
  if (answer.status !== 200) throw fail(`it answers ${complaint(answer)}`);
  return { ...readToken(answer, fail), ifDenied: advice };
}

const endpointOf = ({ public: open, api }: EcrHost, { env }: World): string =>
  env[open ? 'AWS_ENDPOINT_URL_ECR_PUBLIC' : 'AWS_ENDPOINT_URL_ECR'] || env['AWS_ENDPOINT_URL'] || api;

const advice =
  'Check that the repository exists, and that the policies of the repository and of this user or role allow it: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to pull, ecr:PutImage and the three upload actions to push.';

function readToken({ text }: Answer, fail: (reason: string) => Error): Credentials {
  let data: { authorizationToken?: unknown; expiresAt?: unknown } | undefined;
  try {
    // A list for private registries, a single one for the public.
    const { authorizationData } = JSON.parse(text) as { authorizationData?: typeof data | (typeof data)[] };
    data = Array.isArray(authorizationData) ? authorizationData[0] : authorizationData;
  } catch {
    throw fail('the answer of AWS is no JSON');
  }
  const token = data?.authorizationToken;
  const pair = typeof token === 'string' ? Buffer.from(token, 'base64').toString('utf8') : '';
  const colon = pair.indexOf(':');
  if (colon < 1) throw fail('the answer of AWS holds no token');
  const end = data?.expiresAt;
  return {
    kind: 'basic',
    username: pair.slice(0, colon),
    password: new Secret(pair.slice(colon + 1)),
    // Seconds, with a fraction.
    ...(typeof end === 'number' && { expires: new Date(end * 1000) }),
  };
}

/** `400 AccessDeniedException: User … is not authorized`; AWS repeats no secret. */
function complaint({ status, text }: Answer): string {
  try {
    const { __type: type, message, Message } = JSON.parse(text) as Record<string, unknown>;
    const said = [typeof type === 'string' ? type.replace(/^.*#/, '') : '', message ?? Message];
    const shown = said.filter((part) => typeof part === 'string' && part !== '').join(': ');
    return `${status} ${shown.replace(/[\u0000-\u001f]+/g, ' ').slice(0, 300)}`.trim().replace(/\.$/, '');
  } catch {
    return String(status);
  }
}
