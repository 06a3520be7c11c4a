/** Images as outputs left them, read back as literals. */
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  choosePlatform,
  hexOf,
  isIndexType,
  readConfig,
  readIndex,
  readManifest,
  tarEntries,
  type Descriptor,
  type Digest,
  type Layer,
  type Platform,
} from '../../core/index.ts';
import { layersTree, type Tree } from '../../core/testing/index.ts';

/** An image behind a descriptor, its blobs found by digest. */
export async function imageTree(
  top: Descriptor,
  platform: Platform,
  blob: (digest: Digest) => Uint8Array | Promise<Uint8Array>,
): Promise<Tree> {
  if (isIndexType(top.mediaType)) {
    const chosen = choosePlatform(readIndex(await blob(top.digest)).manifests, platform)!;
    return imageTree(chosen, platform, blob);
  }
  const manifest = readManifest(await blob(top.digest));
  const { diffIds } = readConfig(await blob(manifest.config.digest));
  const layers = manifest.layers.map((descriptor, at): Layer => ({ descriptor, diffId: diffIds[at]!, seenIn: [] }));
  return layersTree(layers, {
    async *open({ descriptor }) {
      yield await blob(descriptor.digest);
    },
  });
}

/** The one image of an OCI layout; `undefined` where none is named. */
export async function layoutTree(root: string, platform: Platform): Promise<Tree | undefined> {
  if (!existsSync(join(root, 'index.json'))) return undefined;
  const index = JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')) as { manifests: readonly Descriptor[] };
  return imageTree(index.manifests[0]!, platform, (digest) => readFileSync(join(root, 'blobs/sha256', hexOf(digest))));
}

/** The same of a tar of one, as docker archives are too; `undefined` where there is no file. */
export async function archiveTree(file: string, platform: Platform): Promise<Tree | undefined> {
  if (!existsSync(file)) return undefined;
  const root = mkdtempSync(join(tmpdir(), 'strake-read-back-'));
  try {
    for await (const entry of tarEntries(createReadStream(file), { layer: false })) {
      if (entry.type !== 'file' || entry.content.from !== 'stream') continue;
      const place = join(root, entry.path);
      mkdirSync(dirname(place), { recursive: true });
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry.content.open()) chunks.push(chunk);
      writeFileSync(place, Buffer.concat(chunks));
    }
    return await layoutTree(root, platform);
  } finally {
    rmSync(root, { recursive: true });
  }
}
