import type { Bytes } from './brand.ts';

/** Text as a Dockerfile or a config holds it → bytes, one char each. */
export const fromUtf8 = (text: string): Bytes =>
  (isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as Bytes;

/** Bytes → text for people; what is no UTF-8 shows as U+FFFD, so never use the result to find a file again. */
export const toUtf8 = (bytes: string): string =>
  isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');

/** Bytes → what fs calls and tar headers take. */
export const toBuffer = (bytes: string): Buffer => Buffer.from(bytes, 'latin1');

export const fromBuffer = (buffer: Uint8Array): Bytes =>
  Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('latin1') as Bytes;

/** Order by byte values, as every sorted list of paths in strake is. */
export const compareBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
};
