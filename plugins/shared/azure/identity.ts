import type { AccessToken } from '../cloud-access.ts';

/** Somebody who has access to resources of Azure. */
export interface AzureIdentity {
  /** For people: `the service principal 1234…`, `the managed identity of the machine`. */
  readonly who: string;
  /** A token for `https://storage.azure.com`, `https://containerregistry.azure.net`, …; a refusal is a problem. */
  token(resource: string): Promise<AccessToken>;
}
