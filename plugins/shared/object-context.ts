import { createHash } from 'node:crypto';
import { decompressed, problem, type BuildContext, type ContextRequest, type World } from '../../core/index.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { crc32c } from './crc32c.ts';
import { downloadRanges, type DownloadManners } from './ranged-download.ts';
import { ChangedMeanwhile, contextFromArchive } from './unpack-context.ts';

/** One version of an object, as its server describes it. */
export interface ObjectVersion {
  /** An ETag, a generation: another one, other bytes. */
  readonly version: string;
  /** Bytes. */
  readonly size: number;
  /** In base64, where the server has it. */
  readonly md5?: string | undefined;
  readonly crc32c?: string | undefined;
  /** `Content-Encoding` it was stored with. */
  readonly encoding?: string | undefined;
}

/** An object of a cloud. All its methods throw problems. */
export interface ObjectPlace {
  /** For people, and nothing secret: `gs://bucket/object`. */
  readonly what: string;
  /** The same text is the same object in every build. */
  readonly key: string;
  look(): Promise<ObjectVersion>;
  /** Bytes from `start` up to `end`, not included; `changed` where that version is no longer to be had. */
  open(
    object: ObjectVersion,
    start: number,
    end: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | 'changed'>;
}

export interface ObjectManners {
  /** Ranges at a time. */
  readonly parallel?: number | undefined;
  readonly limits: ArchiveLimits;
  readonly delayFor: NonNullable<DownloadManners['delayFor']>;
}

/**
 * The context that an object is: a tar or a Dockerfile. A request for its description tells whether it changed; if not,
 * no byte of it is fetched.
 */
export function contextFromObject(
  place: ObjectPlace,
  { parallel, limits, delayFor }: ObjectManners,
  request: ContextRequest,
  world: World,
): Promise<BuildContext> {
  const { what, key } = place;
  const manners = { signal: world.signal, delayFor, ...(parallel !== undefined && { parallel }) };
  return contextFromArchive(
    {
      label: what,
      key,
      limits,
      async send(known) {
        const object = await place.look();
        if ((known as { version?: string } | undefined)?.version === object.version) return 'unchanged';
        const { size, version, encoding, md5, crc32c: crc } = object;
        const open = async (start: number, end: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
          const bytes = await place.open(object, start, end, signal);
          if (bytes === 'changed') throw new ChangedMeanwhile(`${what} changed`);
          return bytes;
        };
        const bytes = verified(downloadRanges({ what, size, open }, manners), object, what);
        return {
          // What was packed for the transfer only is unpacked once more than its name says.
          bytes: encoding === 'gzip' ? decompressed(bytes) : bytes,
          vouched: encoding !== 'gzip' && (md5 ?? crc) !== undefined,
          size,
          facts: () => ({ version }),
          revision: version,
        };
      },
    },
    request,
    world,
  );
}

/** Ends with a problem where the bytes are not those that the server described. */
async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  object: ObjectVersion,
  what: string,
): AsyncGenerator<Uint8Array, void> {
  const sum = checksum(object);
  for await (const chunk of bytes) {
    sum?.add(chunk);
    yield chunk;
  }
  const actual = sum?.end();
  if (actual !== undefined && actual !== sum?.expected)
    throw problem('DIGEST_MISMATCH', {
      what,
      expected: `${sum?.name}:${sum?.expected}`,
      actual: `${sum?.name}:${actual}`,
    });
}

interface Checksum {
  readonly name: string;
  readonly expected: string;
  add(chunk: Uint8Array): void;
  /** In base64. */
  end(): string;
}

/** MD5 where there is one, as Node computes it natively; objects that were composed of others have CRC-32C alone. */
function checksum({ md5, crc32c: expected }: ObjectVersion): Checksum | undefined {
  if (md5 !== undefined) {
    const hash = createHash('md5');
    return { name: 'md5', expected: md5, add: (chunk) => void hash.update(chunk), end: () => hash.digest('base64') };
  }
  if (expected === undefined) return undefined;
  let sum = 0;
  return {
    name: 'crc32c',
    expected,
    add: (chunk) => (sum = crc32c(chunk, sum)),
    end() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum);
      return bytes.toString('base64');
    },
  };
}
