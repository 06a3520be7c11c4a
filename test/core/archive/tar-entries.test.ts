import { expect, test } from 'vitest';
import { tarEntries } from '../../../core/archive/tar-entries.ts';
import { writeTar } from '../../support/raw-tar.ts';

test('whoever stops in the middle lets the source go', async () => {
  let isOpen = true;
  const tar = writeTar(['a', 'b', 'c'].map((path) => ({ path, content: path })));
  async function* source() {
    try {
      for (let at = 0; at < tar.length; at += 512) yield tar.subarray(at, at + 512);
    } finally {
      isOpen = false;
    }
  }
  const seen: string[] = [];
  for await (const { path } of tarEntries(source(), { layer: false })) {
    seen.push(path);
    if (seen.length === 2) break;
  }
  expect([seen, isOpen]).toEqual([['/a', '/b'], false]);
});
