import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('azure-context', {
  LOCATION_INVALID: entry<{ location: string; reason: string }>({
    title: 'A location in Azure Blob Storage is not understood',
    exit: 2,
    message: ({ location, reason }) => `${location}: ${reason}.`,
    hint: () =>
      'It reads https://ACCOUNT.blob.core.windows.net/container/blob.tar.gz or azblob://account/container/blob.tar.gz.',
  }),
  VARIABLE_INVALID: entry<{ name: string; reason: string }>({
    title: 'Credentials for Azure are not understood',
    exit: 2,
    message: ({ name, reason }) => `${name}: ${reason}.`,
  }),
  BLOB_MISSING: entry<{ what: string; who: string }>({
    title: 'The blob does not exist',
    exit: 2,
    message: ({ what, who }) => `There is no ${what} (asked with ${who}).`,
    hint: () => 'Names of blobs are case-sensitive.',
  }),
  CONTAINER_MISSING: entry<{ what: string; container: string }>({
    title: 'The container does not exist',
    exit: 2,
    message: ({ what, container }) => `There is no container "${container}", as ${what} needs it.`,
  }),
  SAS_ENDED: entry<{ what: string; end: string }>({
    title: 'The SAS has ended',
    exit: 1,
    message: ({ what, end }) => `${what} is not given to us any more: the SAS was good until ${end}.`,
    hint: () => 'Make a new one: az storage blob generate-sas --permissions r …',
  }),
  DENIED: entry<{ what: string; who: string; anonymous: boolean; status: number; said: string }>({
    title: 'Azure Blob Storage denied access',
    exit: 1,
    message: ({ what, who, status, said }) =>
      `${what} is not given to us (asked with ${who}): ${said === '' ? `status ${status}` : said}.`,
    hint: ({ anonymous, said }) => (anonymous ? howToLogIn : hints[said]),
  }),
  REFUSED: entry<{ what: string; status: number; said: string; wait?: number }>({
    title: 'Azure Blob Storage refused a request',
    exit: 1,
    message: ({ what, status, said }) => `${what}: status ${status}${said === '' ? '' : ` (${said})`}.`,
    hint: ({ status }) =>
      status >= 500 ? 'The service has a problem of its own; it was asked several times.' : undefined,
  }),
  ANSWER_INVALID: entry<{ what: string; reason: string }>({
    title: 'Azure Blob Storage gave an answer that makes no sense',
    exit: 1,
    message: ({ what, reason }) => `${what}: ${reason}.`,
    hint: () => 'Something else may answer at this address, or a proxy changes what it says.',
  }),
});

const howToLogIn =
  'Say who asks: a key in AZURE_STORAGE_ACCESS_KEY, a SAS in AZURE_STORAGE_SAS_TOKEN, a connection string in AZURE_STORAGE_CONNECTION_STRING, or an identity by AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET.';

/** By what the service says. */
const hints: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'Is it the key or SAS of this account, whole, and is the clock of this machine right?',
  AuthorizationPermissionMismatch:
    'The identity needs the role Storage Blob Data Reader; a SAS the permission to read.',
  AuthorizationFailure: "The account's network rules, or what the SAS allows, shut this machine out.",
  KeyBasedAuthenticationNotPermitted: 'The account takes no keys: use an identity.',
};
