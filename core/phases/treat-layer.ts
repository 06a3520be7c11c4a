import { compressionOf as compressionOfType } from '../oci/media-types.ts';
import { decompressed } from '../archive/decompress.ts';
import { packLayer } from '../archive/pack-layer.ts';
import { isDeletion, type Compression, type PackEntry } from '../archive/entry.ts';
import { tarEntries } from '../archive/tar-entries.ts';
import type { Layer, OutputSpec } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { treatedKey } from '../caching/key.ts';
import { findRecords } from '../caching/lookup.ts';
import { saveRecords, shareRecord } from '../caching/save.ts';
import { storeLayer } from '../steps/store-layer.ts';
import { readFault } from '../store/read-fault.ts';

/**
 * The layer as an output wants it. Layers of the base keep their times, and their compression unless it is forced, so
 * that their blobs are the ones registries already have.
 */
export async function treatLayer(layer: Layer, spec: OutputSpec, ofBase: boolean, workshop: Workshop): Promise<Layer> {
  const treated = treatmentOf(layer.descriptor.mediaType, spec, ofBase, workshop);
  if (!treated) return layer;
  const { epoch, compression } = treated;
  const treatment = `times ${epoch ?? 'kept'}, ${compressionText(compression)}`;
  const keyed = treatedKey(layer.diffId, layer.descriptor.digest, treatment);
  const known = (await findRecords([keyed.key], workshop)).get(keyed.key);
  const facts = { below: [], inImage: true };
  if (known) {
    shareRecord(known, workshop, facts);
    return known.record.layer;
  }
  const begun = performance.now();
  const entries = rewritten(tarEntries(decompressed(workshop.blobs.open(layer)), { layer: true }), epoch);
  const made = await storeLayer(workshop.store, (write) =>
    packLayer(entries, { compression, write, signal: workshop.world.signal }),
  ).catch(async (error: unknown) => {
    throw await readFault(error, layer.descriptor.digest, workshop.store.blobs);
  });
  saveRecords(
    [keyed],
    {
      layer: made,
      step: treatment,
      created: workshop.world.now().toISOString(),
      ms: Math.round(performance.now() - begun),
    },
    workshop,
    facts,
  );
  return made;
}

/** What an output does to a layer; undefined: it takes it as it is. */
export function treatmentOf(
  mediaType: string,
  spec: OutputSpec,
  ofBase: boolean,
  { settings }: Workshop,
): { readonly epoch: number | undefined; readonly compression: Compression } | undefined {
  const epoch = spec.rewriteTimestamp && !ofBase ? settings.sourceDateEpoch : undefined;
  const wanted = spec.compression?.type ?? compressionOfType(mediaType);
  const recompress = wanted !== compressionOfType(mediaType) && (!ofBase || spec.forceCompression);
  if (epoch === undefined && !recompress) return undefined;
  return { epoch, compression: spec.compression ?? { type: wanted } };
}

/** Times after `epoch` become it. */
async function* rewritten(entries: AsyncIterable<PackEntry>, epoch: number | undefined): AsyncGenerator<PackEntry> {
  for await (const entry of entries) {
    if (epoch === undefined || isDeletion(entry) || entry.mtime <= epoch) yield entry;
    else yield { ...entry, mtime: epoch };
  }
}

/** `gzip:4`, `zstd:default`, `none` */
export const compressionText = (compression: Compression): string =>
  compression.type === 'none' ? 'none' : `${compression.type}:${compression.level ?? 'default'}`;
