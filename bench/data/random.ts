/** Bytes that look random and are the same on every machine. */
import { createCipheriv, type Cipheriv } from 'node:crypto';

export interface RandomBytes {
  /** Overwrites the whole buffer. */
  fill(buffer: Buffer): Buffer;
}

/** AES in counter mode over zeros: gigabytes a second, incompressible. */
export function randomBytes(seed: number): RandomBytes {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  const cipher: Cipheriv = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  return {
    fill(buffer) {
      buffer.fill(0);
      cipher.update(buffer).copy(buffer);
      return buffer;
    },
  };
}

/** Numbers from 0 up to but not including a limit, in a sequence that the seed decides. */
export function randomNumbers(seed: number): (limit: number) => number {
  const bytes = randomBytes(seed);
  const pool = Buffer.alloc(1 << 16);
  let at = pool.length;
  return (limit) => {
    if (at === pool.length) {
      bytes.fill(pool);
      at = 0;
    }
    const value = pool.readUInt32LE(at);
    at += 4;
    return Math.floor((value / 2 ** 32) * limit);
  };
}
