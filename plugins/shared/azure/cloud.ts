import type { Env } from '../../../core/index.ts';

/** The addresses of one of Azure's clouds. */
export interface AzureCloud {
  /** Who gives out tokens. */
  readonly authority: string;
  readonly management: string;
  readonly registries: string;
  /** Of the names of its registries. */
  readonly registrySuffix: string;
  /** Of the names of its accounts of blobs. */
  readonly blobSuffix: string;
}

const clouds: Readonly<Record<string, AzureCloud>> = {
  azurecloud: {
    authority: 'https://login.microsoftonline.com',
    management: 'https://management.azure.com',
    registries: 'https://containerregistry.azure.net',
    registrySuffix: '.azurecr.io',
    blobSuffix: '.blob.core.windows.net',
  },
  azurechinacloud: {
    authority: 'https://login.chinacloudapi.cn',
    management: 'https://management.chinacloudapi.cn',
    registries: 'https://containerregistry.azure.cn',
    registrySuffix: '.azurecr.cn',
    blobSuffix: '.blob.core.chinacloudapi.cn',
  },
  azureusgovernment: {
    authority: 'https://login.microsoftonline.us',
    management: 'https://management.usgovcloudapi.net',
    registries: 'https://containerregistry.azure.us',
    registrySuffix: '.azurecr.us',
    blobSuffix: '.blob.core.usgovcloudapi.net',
  },
};

/** The cloud whose registry this is, named in lower case; `undefined`: a registry of somebody else. */
export const cloudOfRegistry = (registry: string): AzureCloud | undefined =>
  Object.values(clouds).find(
    ({ registrySuffix: suffix }) =>
      registry.endsWith(suffix) && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(registry.slice(0, -suffix.length)),
  );

/** The cloud that keeps blobs at this host; `undefined`: the host does not say. */
export const cloudOfBlobs = (host: string): AzureCloud | undefined =>
  Object.values(clouds).find(({ blobSuffix }) => host.endsWith(blobSuffix));

/** Where tokens are asked for: what `AZURE_AUTHORITY_HOST` says, else the cloud, else `AZURE_ENVIRONMENT`. */
export function authorityOf({ AZURE_AUTHORITY_HOST: host, AZURE_ENVIRONMENT: name }: Env, cloud?: AzureCloud): string {
  if (host) return host.includes('://') ? host : `https://${host}`;
  // Go's and Python's tools call them AzurePublicCloud and AzureUSGovernmentCloud.
  const known = name?.toLowerCase().replace('public', '').replace('governmentcloud', 'government') ?? '';
  return (cloud ?? clouds[known] ?? clouds['azurecloud']!).authority;
}
