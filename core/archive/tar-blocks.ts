import { problem } from '../base/errors.ts';
import { blockSize, isZeroBlock } from './tar-fields.ts';

/** What a tar is made of below its meaning: header blocks, each with so many bytes behind it. */
export interface BlockHandler {
  /** Returns how many bytes follow the block; they come padded to whole blocks, the padding is not handed on. */
  header(block: Buffer, offset: number): number;
  payload(chunk: Buffer): void;
  payloadEnd(): void;
}

export interface TarParser {
  /** The chunk may be reused once the call returns. */
  write(chunk: Uint8Array): void;
  /** Throws when the archive stopped in the middle. */
  end(): void;
}

const damaged = (reason: string, offset: number) => problem('ARCHIVE_DAMAGED', { reason, offset });

/** Cuts chunks of any size into headers and payloads, copying nothing but headers that straddle two chunks. */
export function tarBlocks(handler: BlockHandler): TarParser {
  const partial = Buffer.allocUnsafe(blockSize);
  let filled = 0;
  let left = 0;
  let padding = 0;
  let zeroBlocks = 0;
  let offset = 0;

  /** What follows two blocks of zeros is filling. */
  const atEnd = (): boolean => zeroBlocks >= 2;

  const header = (block: Buffer): void => {
    if (isZeroBlock(block)) zeroBlocks++;
    else if (zeroBlocks === 1) throw damaged('A block of zeros stands between two entries', offset);
    else {
      const size = handler.header(block, offset);
      left = size;
      padding = -size & (blockSize - 1);
    }
    offset += blockSize;
  };

  const write = (chunk: Uint8Array): void => {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && !atEnd()) {
      const there = bytes.length - at;
      if (left > 0) {
        const taken = Math.min(left, there);
        handler.payload(taken === bytes.length ? bytes : bytes.subarray(at, at + taken));
        at += taken;
        offset += taken;
        left -= taken;
        if (left === 0) handler.payloadEnd();
      } else if (padding > 0) {
        const skipped = Math.min(padding, there);
        padding -= skipped;
        at += skipped;
        offset += skipped;
      } else if (filled === 0 && there >= blockSize) {
        header(bytes.subarray(at, at + blockSize));
        at += blockSize;
      } else {
        const copied = bytes.copy(partial, filled, at, Math.min(bytes.length, at + blockSize - filled));
        at += copied;
        filled += copied;
        if (filled < blockSize) continue;
        filled = 0;
        header(partial);
      }
    }
  };

  const end = (): void => {
    if (zeroBlocks > 0) return;
    if (left > 0) throw damaged(`The archive ends ${left} bytes before the end of a file`, offset);
    if (filled > 0) throw damaged('The archive ends in the middle of a header', offset);
  };
  return { write, end };
}
