import { isIP } from 'node:net';
import type { World } from '../../../core/index.ts';
import { awsIdentity, type AwsIdentity } from '../aws/identity.ts';
import { domainOf } from '../aws/sts.ts';
import type { ServerOptions } from './options.ts';
import { problem } from './problems.ts';

export interface S3Server {
  readonly identity: AwsIdentity;
  /** Absent: Amazon's. */
  readonly endpoint?: URL;
  readonly pathStyle: boolean | undefined;
  /** Where the search for a bucket's region begins: servers tell when it is another one. */
  readonly region: string;
  /** Certificates to trust besides, as PEM. */
  readonly caFile?: string;
}

const usualRegion = 'us-east-1';

/** Options first, then `S3_ENDPOINT` and `S3_FORCE_PATH_STYLE` as kaniko has them, then what AWS's own programs read. */
export async function s3Server(options: ServerOptions, world: World): Promise<S3Server> {
  const { env } = world;
  const identity = awsIdentity(world, options.profile);
  const endpoint = options.endpoint || env['S3_ENDPOINT'] || (await identity.endpoint());
  const pathStyle = options.pathStyle ?? flagOf(env['S3_FORCE_PATH_STYLE'], 'S3_FORCE_PATH_STYLE');
  return {
    identity,
    pathStyle,
    region: options.region || (await identity.region()) || usualRegion,
    ...(endpoint && { endpoint: endpointOf(endpoint) }),
    ...(env['AWS_CA_BUNDLE'] && { caFile: env['AWS_CA_BUNDLE'] }),
  };
}

function flagOf(text: string | undefined, name: string): boolean | undefined {
  if (!text) return undefined;
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw problem('SETTING_INVALID', { name, value: text, reason: 'it must be true or false' });
}

function endpointOf(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const wrong = (reason: string) => problem('SETTING_INVALID', { name: 'The endpoint', value: shown(text), reason });
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw wrong('it must be a URL: https://s3.example');
  if (url.username !== '' || url.password !== '') throw wrong('credentials have no place in it');
  if (url.search !== '' || url.hash !== '') throw wrong('it must end with the host or a path');
  return url;
}

const shown = (text: string): string => text.replace(/\/\/[^/]*@/, '//***@');

/** Where the objects of a bucket are: the URL of the bucket, with a slash at its end. */
export function bucketUrl(server: Pick<S3Server, 'endpoint' | 'pathStyle'>, bucket: string, region: string): URL {
  const base = server.endpoint ?? new URL(`https://s3.${region}.${domainOf(region)}`);
  const path = base.pathname.replace(/\/*$/, '/');
  const url = new URL(path, base);
  if (server.pathStyle ?? needsPath(url, bucket)) url.pathname = `${path}${bucket}/`;
  else url.host = `${bucket}.${base.host}`;
  return url;
}

/** Addresses have no names below them, certificates none of two levels, and host names no capitals. */
const needsPath = ({ protocol, hostname }: URL, bucket: string): boolean =>
  isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 ||
  hostname === 'localhost' ||
  (protocol === 'https:' && bucket.includes('.')) ||
  !/^[a-z0-9][a-z0-9.-]*$/.test(bucket);
