import type { BuildContext, ContextRequest, World } from '../../core/index.ts';
import { pauseAfter } from '../shared/cloud-access.ts';
import { contextFromObject } from '../shared/object-context.ts';
import { findAccess } from './access.ts';
import { azureBlob } from './blob.ts';
import { parseConnectionString } from './connection-string.ts';
import { accountAt, parseAzureLocation, type AzureLocation } from './location.ts';
import type { AzureSettings } from './options.ts';

/** Opens `azblob://…` and addresses of blobs. */
export async function openAzure(request: ContextRequest, settings: AzureSettings, world: World): Promise<BuildContext> {
  const location = parseAzureLocation(request.location, settings.endpoint);
  const text = world.env['AZURE_STORAGE_CONNECTION_STRING'];
  const read = text ? parseConnectionString(text, 'AZURE_STORAGE_CONNECTION_STRING') : undefined;
  // A connection string is about one account; others have nothing to do with it.
  const connection = read?.account === location.account ? read : undefined;
  const service = serviceOf(location, connection?.endpoint, settings);
  const access = findAccess({ ...location, service }, connection, settings, world);
  const place = azureBlob({ location, service, access }, world);
  const { parallel, limits } = settings;
  return contextFromObject(place, { parallel, limits, delayFor: pauseAfter }, request, world);
}

function serviceOf(location: AzureLocation, connected: string | undefined, { endpoint }: AzureSettings): string {
  if (location.service !== undefined) return location.service;
  if (endpoint !== undefined && accountAt(endpoint) === location.account) return endpoint.replace(/\/+$/, '');
  return connected ?? `https://${location.account}.blob.core.windows.net`;
}
