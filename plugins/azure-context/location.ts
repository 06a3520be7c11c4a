import { Secret } from '../../core/index.ts';
import { problem } from './problems.ts';

export interface AzureLocation {
  readonly account: string;
  readonly container: string;
  readonly blob: string;
  /** `https://account.blob.core.windows.net`; absent: as the account has it. */
  readonly service?: string;
  /** `snapshot` or `versionid`. */
  readonly pinned: readonly (readonly [name: string, value: string])[];
  readonly sas?: Secret;
}

/** Hosts of blob storage in all of Azure's clouds, and nobody else's; with DNS zones where an account has one. */
const host =
  /^([a-z0-9]{3,24})(?:-secondary)?(?:\.z\d+\.blob\.storage\.azure\.net|\.blob\.core\.(?:windows\.net|chinacloudapi\.cn|cloudapi\.de|usgovcloudapi\.net))$/;

export function isBlobAddress(location: string, endpoint?: string): boolean {
  if (!URL.canParse(location)) return false;
  const url = new URL(location);
  if (endpoint !== undefined && belowEndpoint(url, endpoint) !== undefined) return true;
  return url.protocol === 'https:' && url.port === '' && url.username === '' && host.test(url.hostname);
}

/** The path below the service's address. */
function belowEndpoint(url: URL, endpoint: string): string | undefined {
  const service = new URL(endpoint);
  const path = service.pathname.replace(/\/*$/, '/');
  return url.origin === service.origin && url.pathname.startsWith(path) ? url.pathname.slice(path.length) : undefined;
}

/** Of a SAS (REST reference, "Create a service SAS", "… an account SAS", "… a user delegation SAS"). */
const sasNames = new Set(
  'sv ss srt sr st se sp sip spr si sig skoid sktid skt ske sks skv saoid suoid scid sdd ses rscc rscd rsce rscl rsct sduoid skdutid'.split(
    ' ',
  ),
);

/** `location` is shown without its query, which may be a SAS. */
export function parseAzureLocation(location: string, endpoint?: string): AzureLocation {
  const shown = location.replace(/[?#].*$/s, '');
  const wrong = (reason: string) => problem('LOCATION_INVALID', { location: shown, reason });
  if (!URL.canParse(location)) throw wrong('it is no address');
  const url = new URL(location);
  if (url.username !== '') throw problem('LOCATION_INVALID', { location: 'The address', reason: 'it has a user' });
  const own = endpoint === undefined ? undefined : belowEndpoint(url, endpoint);
  const scheme = url.protocol === 'azblob:';
  const account = scheme
    ? url.hostname
    : own === undefined
      ? (host.exec(url.hostname)?.[1] ?? '')
      : accountAt(endpoint!);
  if (scheme && !/^[a-z0-9]{3,24}$/.test(account)) throw wrong(`"${account}" is no name of an account`);
  const path = decoded(own ?? url.pathname.slice(1));
  if (path === undefined) throw wrong('something in it is escaped in a wrong way');
  const [, container = '$root', blob = ''] = /^(?:([^/]*)\/)?(.*)$/s.exec(path) ?? [];
  if (!/^(\$root|[a-z0-9][a-z0-9-]{1,61}[a-z0-9])$/.test(container))
    throw wrong(`"${container}" is no name of a container`);
  if (blob === '' || blob.endsWith('/')) throw wrong('it names no blob');
  if (url.hash !== '') throw wrong('a # in the name of a blob is written %23');
  const service = scheme ? undefined : own === undefined ? url.origin : endpoint!.replace(/\/+$/, '');
  return { account, container, blob, ...(service !== undefined && { service }), ...queryOf(url, wrong) };
}

/** The account is the first part of an emulator's path, and of the name elsewhere. */
export const accountAt = (endpoint: string): string => {
  const { hostname, pathname } = new URL(endpoint);
  return pathname.split('/')[1] || hostname.split('.')[0]!;
};

function queryOf({ search }: URL, wrong: (reason: string) => Error): Pick<AzureLocation, 'pinned' | 'sas'> {
  const pairs = search === '' ? [] : search.slice(1).split('&');
  const nameOf = (pair: string): string => pair.split('=', 1)[0]!.toLowerCase();
  const sas = pairs.filter((pair) => sasNames.has(nameOf(pair)));
  const pinned = pairs.filter((pair) => ['snapshot', 'versionid'].includes(nameOf(pair)));
  const other = pairs.find((pair) => !sas.includes(pair) && !pinned.includes(pair));
  if (other !== undefined) throw wrong(`nothing is known of "${nameOf(other)}" in its query`);
  if (sas.length > 0 && !sas.some((pair) => nameOf(pair) === 'sig')) throw wrong('its SAS has no signature (sig)');
  return {
    pinned: [...new URLSearchParams(pinned.join('&'))],
    ...(sas.length > 0 && { sas: new Secret(sas.join('&')) }),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
