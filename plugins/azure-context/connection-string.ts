import { Secret } from '../../core/index.ts';
import { accountAt } from './location.ts';
import { problem } from './problems.ts';

/** What a connection string says of one account. */
export interface Connection {
  readonly account: string;
  readonly key: Secret | undefined;
  readonly sas: Secret | undefined;
  /** The address of its blobs; absent: as Azure names it. */
  readonly endpoint: string | undefined;
}

/** The account that all emulators have, with a key that everybody knows. */
const emulator =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1';

/** `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net` */
export function parseConnectionString(text: string, name: string): Connection {
  const fields = new Map<string, string>();
  for (const part of text.split(';').map((one) => one.trim())) {
    const at = part.indexOf('=');
    if (part === '') continue;
    if (at < 1) throw problem('VARIABLE_INVALID', { name, reason: 'a part of it is no name=value' });
    fields.set(part.slice(0, at).toLowerCase(), part.slice(at + 1));
  }
  if (fields.get('usedevelopmentstorage') === 'true') return parseConnectionString(emulator, name);
  const given = fields.get('blobendpoint')?.replace(/\/+$/, '');
  if (given !== undefined && !URL.canParse(given))
    throw problem('VARIABLE_INVALID', { name, reason: 'its BlobEndpoint is no address' });
  const account = fields.get('accountname') ?? (given === undefined ? undefined : accountAt(given));
  if (account === undefined) throw problem('VARIABLE_INVALID', { name, reason: 'it has no AccountName' });
  const secret = (field: string): Secret | undefined => {
    const value = fields.get(field);
    return value ? new Secret(value) : undefined;
  };
  const suffix = fields.get('endpointsuffix');
  const protocol = fields.get('defaultendpointsprotocol') ?? 'https';
  const usual = suffix === undefined ? undefined : `${protocol}://${account}.blob.${suffix}`;
  return { account, key: secret('accountkey'), sas: secret('sharedaccesssignature'), endpoint: given ?? usual };
}
