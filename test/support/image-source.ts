/** Where images can be read from. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobFile } from './oci-layout.ts';
import { mediaTypes, type Index } from './oci-types.ts';
import type { PushTarget } from './push.ts';

export interface ImageSource {
  /** A manifest or index by tag (or whatever names it there) or digest. */
  manifest(reference: string): Promise<{
    readonly bytes: Buffer;
    readonly mediaType: string;
    /** The digest that the place says it has. */
    readonly claimed: string;
  }>;
  blob(digest: string): Promise<AsyncIterable<Uint8Array>>;
}

/** An OCI layout; its references are the `ref.name` annotations of `index.json`. */
export function layoutSource(directory: string): ImageSource {
  return {
    manifest: async (reference) => {
      const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as Index;
      const named = index.manifests.find((one) => one.annotations?.['org.opencontainers.image.ref.name'] === reference);
      const found = named ?? index.manifests.find((one) => one.digest === reference);
      const digest = found?.digest ?? reference;
      const bytes = await readFile(blobFile(directory, digest)).catch(() => {
        throw new Error(`${directory} has no ${reference}`);
      });
      return {
        bytes,
        mediaType: found?.mediaType ?? (JSON.parse(bytes.toString()) as Index).mediaType ?? '',
        claimed: digest,
      };
    },
    blob: async (digest) => createReadStream(blobFile(directory, digest)) as AsyncIterable<Buffer>,
  };
}

/** A repository of a registry, past its record of requests. */
export function registrySource(registry: PushTarget, repository: string): ImageSource {
  const header = registry.authorization?.(repository);
  const authorization: Record<string, string> = header === undefined ? {} : { authorization: header };
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
    const url = `${registry.direct}/v2/${repository}/${path}`;
    const response = await fetch(url, { headers: { ...authorization, ...headers } });
    if (response.status !== 200) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`);
    return response;
  };
  const accept = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', ');
  return {
    manifest: async (reference) => {
      const response = await get(`manifests/${reference}`, { accept });
      const header = (name: string): string => response.headers.get(name) ?? '';
      const bytes = Buffer.from(await response.arrayBuffer());
      return { bytes, mediaType: header('content-type'), claimed: header('docker-content-digest') };
    },
    blob: async (digest) => (await get(`blobs/${digest}`)).body as AsyncIterable<Uint8Array>,
  };
}
