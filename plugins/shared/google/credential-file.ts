import { readFile } from 'node:fs/promises';
import { Secret } from '../../../core/index.ts';
import { problem } from './problems.ts';

/** A file of credentials as Google's tools write it; what is secret in it is a `Secret`. */
export type Credentials =
  | {
      readonly type: 'service_account';
      readonly email: string;
      readonly keyId: string | undefined;
      readonly key: Secret;
      readonly tokenUri: string;
    }
  | {
      readonly type: 'authorized_user';
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly refreshToken: Secret;
      readonly tokenUri: string;
    }
  | {
      readonly type: 'impersonated_service_account';
      readonly url: string;
      readonly delegates: readonly string[];
      readonly source: Credentials;
    }
  | ExternalAccount;

/** Somebody whom another identity provider knows (workload identity federation). */
export interface ExternalAccount {
  readonly type: 'external_account';
  readonly audience: string;
  readonly subjectTokenType: string;
  readonly tokenUrl: string;
  readonly impersonationUrl: string | undefined;
  /** Seconds that a token of the impersonated account lasts. */
  readonly lifetime: number;
  readonly subject: SubjectSource;
  readonly client: { readonly id: string; readonly secret: Secret } | undefined;
  readonly userProject: string | undefined;
}

/** Where the other provider's token is. */
export interface SubjectSource {
  readonly from:
    | { readonly file: string }
    | { readonly url: string; readonly headers: Readonly<Record<string, Secret>> };
  /** The field of a JSON text that holds it; absent: the text is the token. */
  readonly field: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const googleTokens = 'https://oauth2.googleapis.com/token';

/** `undefined` where there is no such file and nobody said that there is. */
export async function readCredentialFile(file: string, named: boolean): Promise<Credentials | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!named && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return undefined;
    throw problem('CREDENTIALS_UNREADABLE', { file, reason: reasons[code] ?? `it cannot be read (${code})` });
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is secret.
    throw problem('CREDENTIALS_UNREADABLE', { file, reason: 'it is no JSON' });
  }
  return credentialsOf(asObject(read), file);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
};

const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const asText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function credentialsOf(json: Json, file: string): Credentials {
  const text = (name: string): string => {
    const value = asText(json[name]);
    if (value === undefined) throw problem('CREDENTIALS_UNREADABLE', { file, reason: `it has no "${name}"` });
    return value;
  };
  const universe = asText(json['universe_domain']) ?? 'googleapis.com';
  if (universe !== 'googleapis.com') throw unsupported(file, `they are for ${universe}, not for googleapis.com`);
  const tokenUri = asText(json['token_uri']) ?? googleTokens;
  switch (json['type']) {
    case 'service_account':
      return {
        type: 'service_account',
        email: text('client_email'),
        keyId: asText(json['private_key_id']),
        key: new Secret(text('private_key')),
        tokenUri,
      };
    case 'authorized_user':
      return {
        type: 'authorized_user',
        clientId: text('client_id'),
        clientSecret: new Secret(text('client_secret')),
        refreshToken: new Secret(text('refresh_token')),
        tokenUri,
      };
    case 'impersonated_service_account':
      return {
        type: 'impersonated_service_account',
        url: text('service_account_impersonation_url'),
        delegates: Array.isArray(json['delegates']) ? json['delegates'].map(String) : [],
        source: credentialsOf(asObject(json['source_credentials']), file),
      };
    case 'external_account':
      return externalAccount(json, file, text);
    default:
      throw unsupported(file, asText(json['type']) ? `its type is "${String(json['type'])}"` : 'it has no "type"');
  }
}

function externalAccount(json: Json, file: string, text: (name: string) => string): ExternalAccount {
  const { token_lifetime_seconds: lifetime } = asObject(json['service_account_impersonation']);
  const id = asText(json['client_id']);
  return {
    type: 'external_account',
    audience: text('audience'),
    subjectTokenType: text('subject_token_type'),
    tokenUrl: text('token_url'),
    impersonationUrl: asText(json['service_account_impersonation_url']),
    lifetime: typeof lifetime === 'number' ? lifetime : 3600,
    subject: subjectSource(asObject(json['credential_source']), file),
    client: id === undefined ? undefined : { id, secret: new Secret(asText(json['client_secret']) ?? '') },
    userProject: asText(json['workforce_pool_user_project']),
  };
}

function subjectSource(source: Json, file: string): SubjectSource {
  const format = asObject(source['format']);
  const field = format['type'] === 'json' ? asText(format['subject_token_field_name']) : undefined;
  if (format['type'] === 'json' && field === undefined)
    throw problem('CREDENTIALS_UNREADABLE', { file, reason: 'its format has no "subject_token_field_name"' });
  const path = asText(source['file']);
  if (path !== undefined) return { from: { file: path }, field };
  if (source['environment_id'] !== undefined) throw unsupported(file, 'its token comes from a role of AWS');
  const url = asText(source['url']);
  if (url === undefined) throw unsupported(file, `its token comes from ${sourceName(source)}`);
  const headers = Object.entries(asObject(source['headers']));
  return {
    from: { url, headers: Object.fromEntries(headers.map(([name, value]) => [name, new Secret(String(value))])) },
    field,
  };
}

const sourceName = (source: Json): string =>
  'executable' in source ? 'a program' : 'certificate' in source ? 'a certificate' : 'nowhere';

const unsupported = (file: string, reason: string) => problem('CREDENTIALS_UNSUPPORTED', { file, reason });
