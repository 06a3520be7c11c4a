import {
  isIndexType,
  readConfig,
  readIndex,
  readManifest,
  shortDigest,
  type Digest,
  type Store,
} from '../../core/index.ts';
import type { Run } from '../command.ts';
import { tableText } from '../render/table.ts';
import { bytesText } from '../render/units.ts';
import { openSession } from '../session.ts';

interface Listed {
  readonly name: string;
  readonly digest: Digest;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly platforms: readonly string[];
  /** RFC 3339: when it got its name. */
  readonly at: string;
}

/** `strake ls` */
export const run: Run = async (invocation, cli) => {
  await using session = await openSession(invocation, cli);
  const store = await session.builder.store();
  const images: Listed[] = [];
  for (const { name, manifest, at } of await store.images.list()) {
    const { size, platforms } = await describe(manifest.digest, manifest.mediaType, store);
    images.push({ name, digest: manifest.digest, size, platforms, at: at.toISOString() });
  }
  cli.screen.out(invocation.on('json') ? `${JSON.stringify(images, null, 2)}\n` : table(images));
  return 0;
};

async function describe(
  digest: Digest,
  mediaType: string,
  store: Store,
): Promise<{ size: number; platforms: string[] }> {
  const bytes = await contentOf(digest, store);
  if (isIndexType(mediaType)) {
    const parts = await Promise.all(
      readIndex(bytes).manifests.map((one) => describe(one.digest, one.mediaType, store)),
    );
    return {
      size: parts.reduce((sum, { size }) => sum + size, 0),
      platforms: parts.flatMap(({ platforms }) => platforms),
    };
  }
  const manifest = readManifest(bytes);
  const { os, architecture, variant } = readConfig(await contentOf(manifest.config.digest, store)).platform;
  return {
    size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    platforms: [[os, architecture, variant].filter(Boolean).join('/')],
  };
}

async function contentOf(digest: Digest, store: Store): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of store.blobs.open(digest)) parts.push(chunk);
  return Buffer.concat(parts);
}

function table(images: readonly Listed[]): string {
  if (images.length === 0) return 'The store has no images yet.\n';
  const rows = [
    ['NAME', 'DIGEST', 'SIZE', 'PLATFORMS', 'SINCE'],
    ...images.map(({ name, digest, size, platforms, at }) => [
      name,
      shortDigest(digest),
      bytesText(size),
      platforms.join(','),
      at.slice(0, 16).replace('T', ' '),
    ]),
  ];
  return tableText(rows);
}
