import { canonicalJson, digestOf, isDigest, type CacheRecord, type Json } from '../../core/index.ts';

/** A record as a file: its digest in one line, then itself. */
export function printRecord(record: CacheRecord): string {
  const { layer, ...rest } = record;
  // Where a layer was seen by one machine says nothing to another: the bytes lie here.
  const text = canonicalJson({ ...rest, layer: { ...layer, seenIn: [] }, version } as unknown as Json);
  return `${digestOf(text)}\n${text}\n`;
}

const version = 1;

/** `undefined`: not what was written, or written by another version. */
export function parseRecord(bytes: Buffer): CacheRecord | undefined {
  const text = bytes.toString('utf8');
  const cut = text.indexOf('\n');
  const content = text.slice(cut + 1, -1);
  if (!text.endsWith('\n') || digestOf(content) !== text.slice(0, cut)) return undefined;
  const { version: written, ...record } = JSON.parse(content) as CacheRecord & { readonly version: number };
  return written === version && isDigest(record.layer.descriptor.digest) ? record : undefined;
}
