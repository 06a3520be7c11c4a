import { readFile } from 'node:fs/promises';
import type { World } from '../../../core/index.ts';
import { ask, textOf, tryAsk, type Answer } from './ask.ts';
import { keysIn } from './given-keys.ts';
import type { AwsKeys } from './keys.ts';
import { problem } from './problems.ts';

const machine = 'The metadata service of the machine';
const container = 'The credentials service of the container';

/** Milliseconds: where there is no such service nothing answers, and whoever waits waits in vain. */
const shortPatience = 1000;

/** Of the role of an EC2 machine; `undefined` where this is none, or one without a role. */
export async function machineKeys(world: World): Promise<AwsKeys | undefined> {
  const { env } = world;
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return undefined;
  const ipv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
  const usual = ipv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254';
  const base = new URL(env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || usual);
  const token = await sessionToken(base, world);
  if (token === undefined) return undefined;
  const headers = token === '' ? {} : { 'x-aws-ec2-metadata-token': token };
  const read = (path: string): Promise<Answer> => ask({ url: new URL(path, base), headers, from: machine }, world);
  const roles = '/latest/meta-data/iam/security-credentials/';
  const named = await read(roles);
  if (named.status === 404) return undefined;
  const role = textOf(named, machine).trim().split('\n')[0]!;
  return role === '' ? undefined : keysIn(textOf(await read(roles + encodeURIComponent(role)), machine), machine);
}

/** The token of the second version of the service, empty for the first; `undefined`: nobody answers. */
async function sessionToken(base: URL, world: World): Promise<string | undefined> {
  const url = new URL('/latest/api/token', base);
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' };
  try {
    const answer = await tryAsk({ method: 'PUT', url, headers, patience: shortPatience, from: machine }, world);
    if (answer.status === 200) return answer.text.trim();
    const isFirst = [403, 404, 405].includes(answer.status);
    return isFirst && world.env['AWS_EC2_METADATA_V1_DISABLED']?.toLowerCase() !== 'true' ? '' : undefined;
  } catch (error) {
    if (world.signal.aborted) throw error;
    return undefined;
  }
}

/** Of the task of ECS or the pod of EKS; `undefined` where the environment names no such service. */
export async function containerKeys(world: World): Promise<AwsKeys | undefined> {
  const { env } = world;
  const path = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const full = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  if (!path && !full) return undefined;
  const text = path ? `http://169.254.170.2${path}` : full!;
  const url = URL.parse(text);
  if (!url || !mayBeAsked(url))
    throw problem('NO_KEYS', { from: container, reason: 'it is neither of this machine nor asked by https' });
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? (await tokenIn(file)).trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  const headers: Record<string, string> = token ? { authorization: token } : {};
  return keysIn(textOf(await ask({ url, headers, from: container }, world), container), container);
}

const tokenIn = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    const reason = `its token cannot be read: ${(error as Error).message}`;
    throw problem('NO_KEYS', { from: container, reason }, {}, { cause: error });
  });

/** A token goes along: not everywhere in the clear. */
const mayBeAsked = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' ||
  (protocol === 'http:' &&
    (/^(localhost|127(\.\d+){3}|169\.254\.170\.(2|23))$/.test(hostname) ||
      ['[::1]', '[fd00:ec2::23]'].includes(hostname)));
