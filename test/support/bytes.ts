/** Bytes as text that can be read and compared. */

/**
 * Shows a string with one character per byte: UTF-8 as it reads, everything else (and control characters) as `\xNN`.
 */
export function printable(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  const decoded = buffer.toString('utf8');
  const valid = Buffer.from(decoded, 'utf8').equals(buffer);
  const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  const escaped = (valid ? decoded : bytes).replaceAll('\\', '\\\\').replace(/[\x00-\x1f\x7f]/g, hex);
  return valid ? escaped : escaped.replace(/[\x80-\xff]/g, hex);
}

/** Text as a string with one character per byte of its UTF-8. */
export const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
