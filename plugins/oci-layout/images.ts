import {
  choosePlatform,
  isIndexType,
  printPlatform,
  readConfig,
  readIndex,
  readManifest,
  type Descriptor,
  type Digest,
  type ImageQuery,
  type ImageSource,
  type Layer,
  type Platform,
} from '../../core/index.ts';
import { openLayout, type Layout } from './documents.ts';
import { parseLocation, type LayoutLocation } from './location.ts';
import { problem } from './problems.ts';

/** Indexes may name indexes; nobody nests deeper. */
const deepest = 3;

export const layoutImages: ImageSource = {
  name: 'OCI layouts',
  async resolve(query, { world }) {
    const location = parseLocation(query.text, world.cwd);
    if (location === undefined) return undefined;
    const layout = await openLayout(location.directory);
    const digest = await ofPlatform(layout, topmost(layout, location, query.platform), query);
    const manifest = readManifest(await layout.document(digest));
    const config = readConfig(await layout.document(manifest.config.digest));
    if (config.diffIds.length !== manifest.layers.length)
      throw problem('DAMAGED', { file: location.directory, reason: 'has a config that knows other layers' });
    return {
      reference: query.text,
      digest,
      config,
      layers: manifest.layers.map((descriptor, at): Layer => ({ descriptor, diffId: config.diffIds[at]!, seenIn: [] })),
      open: (descriptor, offset) => layout.layer(descriptor.digest, offset),
    };
  },
};

/** What the location means: by digest, by name, `latest`, the only image there is, or that of the platform. */
function topmost({ directory, named }: Layout, { digest, tag }: LayoutLocation, platform: Platform): Digest {
  if (digest !== undefined) return digest;
  const found = named.find((one) => namesOf(one).includes(tag ?? 'latest'));
  if (found) return found.digest;
  const all = [...new Set(named.map((one) => one.digest))];
  if (tag === undefined && all.length === 1) return all[0]!;
  const known = named.flatMap(namesOf);
  const unnamed = tag === undefined && known.length === 0 ? choosePlatform(named, platform) : undefined;
  if (unnamed) return unnamed.digest;
  throw problem('NOT_IN_LAYOUT', { directory, wanted: tag ?? 'latest', known });
}

/** The tag alone, as image-layout.md has it; tools also write whole references there. */
const namesOf = ({ annotations = [] }: Descriptor): string[] =>
  annotations
    .filter(([key]) => key === 'org.opencontainers.image.ref.name')
    .map(([, value]) => value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf(':')) + 1));

async function ofPlatform(layout: Layout, top: Digest, { text, platform }: ImageQuery): Promise<Digest> {
  let digest = top;
  for (let depth = 0; depth < deepest; depth++) {
    const bytes = await layout.document(digest);
    if (!isIndex(bytes)) return digest;
    const { manifests } = readIndex(bytes);
    const chosen = choosePlatform(manifests, platform);
    if (!chosen) {
      const available = manifests.flatMap((one) => (one.platform ? [printPlatform(one.platform)] : []));
      throw problem('PLATFORM_MISSING', { text, wanted: printPlatform(platform), available });
    }
    digest = chosen.digest;
  }
  throw problem('DAMAGED', { file: layout.directory, reason: 'nests its indexes too deep' });
}

/** By the media type, which a location with a digest does not tell; where the document says none, by what it has. */
function isIndex(bytes: Uint8Array): boolean {
  const { mediaType, manifests } = parsed(bytes);
  return typeof mediaType === 'string' ? isIndexType(mediaType) : Array.isArray(manifests);
}

/** What is no JSON is refused by whoever reads it as a manifest. */
function parsed(bytes: Uint8Array): { readonly mediaType?: unknown; readonly manifests?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(bytes).toString())) as object;
  } catch {
    return {};
  }
}
