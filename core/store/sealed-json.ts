import { canonicalJson, type Json } from '../base/canonical-json.ts';
import { digestOf } from '../base/digest.ts';

/** A value with its checksum: a file that was cut short or edited reads as nothing. */
export function sealed(value: Json): string {
  const text = canonicalJson(value);
  return `${canonicalJson({ checksum: digestOf(text), version })},${text}`;
}

const version = 1;

/** What was sealed; `undefined` for everything else. */
export function unsealed(bytes: Uint8Array | undefined): unknown {
  if (!bytes) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const cut = text.indexOf('},') + 1;
  try {
    const seal = JSON.parse(text.slice(0, cut)) as { readonly checksum?: unknown; readonly version?: unknown };
    const value = text.slice(cut + 1);
    return seal.version === version && seal.checksum === digestOf(value) ? (JSON.parse(value) as unknown) : undefined;
  } catch {
    return undefined;
  }
}
