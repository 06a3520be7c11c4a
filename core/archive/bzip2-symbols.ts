import type { BitReader } from './bit-reader.ts';

/** The bytes of a block before the transform is undone, in the low bytes of `bytes`, and how often each occurs. */
export interface BlockSymbols {
  readonly bytes: Uint32Array;
  readonly counts: Uint32Array;
  readonly length: number;
}

type Damaged = (reason: string) => Error;

/** Symbols a Huffman table serves before the next selector. */
const groupSize = 50;
const longestCode = 20;
const runA = 0;
const runB = 1;

/** Reads one block's tables and symbols: Huffman, then move-to-front with runs of the front byte. */
export function readSymbols(bits: BitReader, blockSize: number, damaged: Damaged): BlockSymbols {
  const front = usedBytes(bits);
  if (front.length === 0) throw damaged('a block uses no byte at all');
  const next = symbolReader(bits, front.length + 2, damaged);
  const end = front.length + 1;
  const bytes = new Uint32Array(blockSize);
  const counts = new Uint32Array(256);
  let length = 0;
  let run = 0;
  let weight = 1;
  for (;;) {
    const symbol = next();
    if (symbol === runA || symbol === runB) {
      // Runs are written in base two with the digits 1 and 2, lowest first.
      run += symbol === runA ? weight : 2 * weight;
      weight *= 2;
      if (run > blockSize) throw damaged('a block is longer than it may be');
      continue;
    }
    if (run > 0) {
      const byte = front[0]!;
      if (length + run > blockSize) throw damaged('a block is longer than it may be');
      bytes.fill(byte, length, length + run);
      counts[byte]! += run;
      length += run;
      run = 0;
      weight = 1;
    }
    if (symbol === end) return { bytes, counts, length };
    if (length === blockSize) throw damaged('a block is longer than it may be');
    const byte = front[symbol - 1]!;
    for (let i = symbol - 1; i > 0; i--) front[i] = front[i - 1]!;
    front[0] = byte;
    bytes[length++] = byte;
    counts[byte]!++;
  }
}

/** Which byte values occur: a map of sixteens, then a map for each of them. */
function usedBytes(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const sixteens = bits.take(16);
  for (let high = 0; high < 16; high++) {
    if (!(sixteens & (0x8000 >> high))) continue;
    const map = bits.take(16);
    for (let low = 0; low < 16; low++) if (map & (0x8000 >> low)) used.push(high * 16 + low);
  }
  return Uint8Array.from(used);
}

/** Reads selectors and tables; the result reads one symbol after the other. */
function symbolReader(bits: BitReader, alphabet: number, damaged: Damaged): () => number {
  const tableCount = bits.take(3);
  const selectorCount = bits.take(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount === 0) throw damaged('a block has impossible tables');
  const order = Array.from({ length: tableCount }, (_, table) => table);
  const selectors = new Uint8Array(selectorCount);
  for (let i = 0; i < selectorCount; i++) {
    let place = 0;
    while (bits.take(1)) if (++place >= tableCount) throw damaged('a block has impossible tables');
    const [table] = order.splice(place, 1);
    order.unshift(table!);
    selectors[i] = table!;
  }
  const tables = order.map(() => undefined as unknown as () => number);
  for (let i = 0; i < tableCount; i++) tables[i] = decoderOf(bits, codeLengths(bits, alphabet, damaged), damaged);
  let group = 0;
  let left = 0;
  let decode = tables[0]!;
  return () => {
    if (left === 0) {
      if (group === selectorCount) throw damaged('a block has fewer tables than symbols');
      decode = tables[selectors[group++]!]!;
      left = groupSize;
    }
    left--;
    return decode();
  };
}

/** Each length is the one before, stepped up or down. */
function codeLengths(bits: BitReader, alphabet: number, damaged: Damaged): Uint8Array {
  const lengths = new Uint8Array(alphabet);
  let length = bits.take(5);
  for (let symbol = 0; symbol < alphabet; symbol++) {
    for (;;) {
      if (length < 1 || length > longestCode) throw damaged('a block has impossible tables');
      if (bits.take(1) === 0) break;
      length += bits.take(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return lengths;
}

/** Codes up to this many bits are looked up, longer ones are rare. */
const quickBits = 10;

/** Canonical Huffman codes: of one length they are consecutive, and shorter ones come first. */
function decoderOf(bits: BitReader, lengths: Uint8Array, damaged: Damaged): () => number {
  const sorted = Uint16Array.from([...lengths.keys()].sort((a, b) => lengths[a]! - lengths[b]! || a - b));
  const ofLength = new Uint16Array(longestCode + 2);
  for (const length of lengths) ofLength[length]!++;
  /** For every beginning: the symbol and, in the low five bits, the length of its code; 0 where it is longer. */
  const quick = new Uint16Array(1 << quickBits);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= quickBits; length++, code <<= 1)
    for (let left = ofLength[length]!; left > 0; left--, code++, index++) {
      const from = code << (quickBits - length);
      quick.fill((sorted[index]! << 5) | length, from, from + (1 << (quickBits - length)));
    }
  return () => {
    const found = quick[bits.peek(quickBits)]!;
    if (found === 0) return slowly(bits, sorted, ofLength, damaged);
    bits.take(found & 31);
    return found >> 5;
  };
}

function slowly(bits: BitReader, sorted: Uint16Array, ofLength: Uint16Array, damaged: Damaged): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= longestCode; length++) {
    code |= bits.take(1);
    const count = ofLength[length]!;
    if (code - first < count) return sorted[index + code - first]!;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw damaged('a block has a code that means nothing');
}
