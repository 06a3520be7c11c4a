/**
 * Values as lines of JSON. Bytes and maps, which JSON lacks, travel as objects with one marked member; functions stay
 * where they are.
 */
export function toLine(value: unknown): string {
  return `${JSON.stringify(value, marked)}\n`;
}

export const fromLine = (line: string): unknown => JSON.parse(line, unmarked);

const bytes = '$bytes';
const map = '$map';

/** `this` holds the value as it is; the argument has been through `toJSON`, which spells buffers out. */
function marked(this: Record<string, unknown>, key: string, given: unknown): unknown {
  const value = this[key];
  if (value instanceof Uint8Array)
    return { [bytes]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  if (value instanceof Map) return { [map]: [...(value as ReadonlyMap<unknown, unknown>)] };
  return given;
}

function unmarked(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Readonly<Record<string, unknown>>;
  if (typeof members[bytes] === 'string') return Buffer.from(members[bytes], 'base64');
  if (Array.isArray(members[map])) return new Map(members[map] as [unknown, unknown][]);
  return value;
}

/** Cuts a stream of chunks into lines. */
export function lineReader(take: (line: string) => void): (chunk: Uint8Array) => void {
  let parts: Buffer[] = [];
  return (chunk) => {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      parts.push(rest.subarray(0, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      rest = rest.subarray(end + 1);
      take(line);
    }
    if (rest.length > 0) parts.push(Buffer.from(rest));
  };
}
