/** Uploads an OCI layout to a registry with nothing but fetch. */
import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blobFile } from './oci-layout.ts';
import { isIndexType, type Descriptor, type Index, type Manifest } from './oci-types.ts';

/** Where and how to push. */
export interface PushTarget {
  /** `http://127.0.0.1:PORT` */
  readonly direct: string;
  /** `127.0.0.1:PORT`, for the reference that is returned. */
  readonly host: string;
  /** The Authorization header, where one is needed. */
  authorization?(repository: string): string | undefined;
}

export interface Pushed {
  /** `HOST/NAME:TAG` */
  readonly reference: string;
  readonly digest: string;
}

/** Pushes what `index.json` of the layout names first; `name` may carry a tag (`latest` if not). */
export async function pushLayout(directory: string, target: PushTarget, name: string): Promise<Pushed> {
  const [repository = '', tag = 'latest'] = name.split(':');
  const header = target.authorization?.(repository);
  const upload: Upload = {
    directory,
    base: `${target.direct}/v2/${repository}`,
    headers: header === undefined ? {} : { authorization: header },
  };
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as Index;
  const root = index.manifests[0]!;
  await pushManifest(upload, root, tag);
  return { reference: `${target.host}/${repository}:${tag}`, digest: root.digest };
}

interface Upload {
  readonly directory: string;
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function pushManifest(upload: Upload, descriptor: Descriptor, reference: string): Promise<void> {
  const bytes = await readFile(blobFile(upload.directory, descriptor.digest));
  const content = JSON.parse(bytes.toString()) as Index | Manifest;
  if (isIndexType(descriptor.mediaType)) {
    for (const child of (content as Index).manifests) await pushManifest(upload, child, child.digest);
  } else {
    const { config, layers } = content as Manifest;
    await Promise.all([config, ...layers].map((blob) => pushBlob(upload, blob)));
  }
  const headers = { 'content-type': descriptor.mediaType };
  await send(upload, 'PUT', `${upload.base}/manifests/${reference}`, 201, { headers, body: new Blob([bytes]) });
}

async function pushBlob(upload: Upload, blob: Descriptor): Promise<void> {
  const there = await fetch(`${upload.base}/blobs/${blob.digest}`, { method: 'HEAD', headers: upload.headers });
  if (there.status === 200) return;
  const begun = await send(upload, 'POST', `${upload.base}/blobs/uploads/`, 202);
  const location = new URL(begun.headers.get('location') ?? '', upload.base);
  location.searchParams.set('digest', blob.digest);
  const body = await openAsBlob(blobFile(upload.directory, blob.digest));
  await send(upload, 'PUT', location.href, 201, { headers: { 'content-type': 'application/octet-stream' }, body });
}

async function send(
  upload: Upload,
  method: string,
  url: string,
  expected: number,
  more: { headers?: Record<string, string>; body?: Blob } = {},
): Promise<Response> {
  const headers = { ...upload.headers, ...more.headers };
  const response = await fetch(url, { method, headers, ...(more.body === undefined ? {} : { body: more.body }) });
  const text = await response.text();
  if (response.status !== expected) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return response;
}
