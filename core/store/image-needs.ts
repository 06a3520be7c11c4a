import type { Digest } from '../base/brand.ts';
import { isDigest } from '../base/digest.ts';
import type { Store } from '../contract/store.ts';
import { readWhole } from './whole-files.ts';

/** Manifests and configs are smaller; what is larger is content that happens to be named by one. */
const largestDocument = 8 << 20;

interface Document {
  readonly config?: Named;
  readonly layers?: readonly Named[];
  readonly manifests?: readonly Named[];
  readonly blobs?: readonly Named[];
  readonly rootfs?: { readonly diff_ids?: readonly unknown[] };
}
interface Named {
  readonly digest?: unknown;
}

/**
 * Digests of everything the names of images lead to: indexes, manifests, configs, layers, and the diff ids of layers.
 * Read loosely, as what no reader of images understands must not be thrown away either.
 */
export async function neededByImages(store: Store): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  const ahead: Digest[] = (await store.images.list()).map(({ manifest }) => manifest.digest);
  for (let digest = ahead.pop(); digest !== undefined; digest = ahead.pop()) {
    if (needed.has(digest)) continue;
    needed.add(digest);
    const document = documentAt(store.blobs.path(digest));
    if (!document) continue;
    for (const diffId of listed(document.rootfs?.diff_ids)) if (typeof diffId === 'string') needed.add(diffId);
    for (const layer of listed(document.layers)) if (isNamed(layer)) needed.add(layer.digest);
    for (const next of [document.config, ...listed(document.manifests), ...listed(document.blobs)])
      if (isNamed(next)) ahead.push(next.digest);
  }
  return needed;
}

const listed = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? value : []);

const isNamed = (value: Named | undefined): value is { readonly digest: Digest } =>
  typeof value?.digest === 'string' && isDigest(value.digest);

function documentAt(path: string): Document | undefined {
  const bytes = readWhole(path);
  // Every one of them is a JSON object.
  if (!bytes || bytes.length > largestDocument || bytes[0] !== 0x7b) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as Document;
  } catch {
    return undefined;
  }
}
