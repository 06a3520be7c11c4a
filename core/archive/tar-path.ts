import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { ImagePath } from '../base/brand.ts';

/** A name that needs more than its ends trimmed: `a//b`, `a/./b`, `..`. */
const crooked = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** A tar's name → the path it means. `..` is refused wherever it stands: with links about, nobody knows where it leads. */
export function pathFromTar(name: string): ImagePath {
  let start = 0;
  let end = name.length;
  if (name.startsWith('./')) start = 2;
  while (name.charCodeAt(start) === 47) start++;
  while (end > start && name.charCodeAt(end - 1) === 47) end--;
  const inner = name.slice(start, end);
  if (inner === '' || inner === '.') return '/' as ImagePath;
  if (!crooked.test(inner)) return `/${inner}` as ImagePath;
  const parts = inner.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw problem('ARCHIVE_ENTRY_OUTSIDE', { path: toUtf8(name) });
  return `/${parts.join('/')}` as ImagePath;
}
