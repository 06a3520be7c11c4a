/** A buffer that grows as it is written: bytes, varints, text of one char a byte. */
export interface ByteWriter {
  readonly length: number;
  byte(value: number): void;
  /** A whole number from 0 to 2^53, seven bits a byte, lowest first. */
  varint(value: number): void;
  /** The chars of `text` from `from` on. */
  chars(text: string, from: number): void;
  /** Length as a varint, then the chars. */
  text(text: string): void;
  raw(bytes: Uint8Array): void;
  /** Part of `bytes`; the parts are short. */
  slice(bytes: Uint8Array, from: number, to: number): void;
  u32(value: number): void;
  /** What has been written; shares memory with the writer. */
  view(): Buffer;
}

export function byteWriter(capacity: number): ByteWriter {
  let buffer = Buffer.allocUnsafe(capacity);
  let at = 0;
  const room = (count: number): void => {
    if (at + count <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(at + count, buffer.length * 2));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  };
  const varint = (value: number): void => {
    room(8);
    while (value >= 0x80) {
      buffer[at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    buffer[at++] = value;
  };
  const chars = (text: string, from: number): void => {
    room(text.length - from);
    for (let i = from; i < text.length; i++) buffer[at++] = text.charCodeAt(i);
  };
  return {
    get length() {
      return at;
    },
    byte(value) {
      room(1);
      buffer[at++] = value;
    },
    varint,
    chars,
    text(text) {
      varint(text.length);
      chars(text, 0);
    },
    raw(bytes) {
      room(bytes.length);
      buffer.set(bytes, at);
      at += bytes.length;
    },
    slice(bytes, from, to) {
      room(to - from);
      for (let i = from; i < to; i++) buffer[at++] = bytes[i]!;
    },
    u32(value) {
      room(4);
      at = buffer.writeUInt32LE(value, at);
    },
    view: () => buffer.subarray(0, at),
  };
}
