import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { composeWorkdir } from '../../../core/rootfs/compose-workdir.ts';
import { extractContents } from '../../../core/rootfs/layer-content.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { image, path, show } from './layers.ts';

describe('WORKDIR', () => {
  const passwd = Buffer.from('app:x:10:20::/:/bin/sh\n');
  test.each<[string, string, string, string[], string[] | string]>([
    ['makes what is missing', '/a/b', '', [], ['dir /a 0755', 'dir /a/b 0755']],
    ['owned by the user', '/a', 'app', [], ['dir /a 0755 10:20']],
    ['owned by a number', '/a', '7', [], ['dir /a 0755 7:7']],
    ['owned by user and group', '/a', 'app:5', [], ['dir /a 0755 10:5']],
    ['owned by root where nobody knows the user', '/a', 'nobody', [], ['dir /a 0755']],
    ['leaves what is there as it is', '/a', 'app', ['dir /a 0700 3:3'], []],
    [
      'shows the directories on the way',
      '/a/b',
      'app',
      ['dir /a 0700 3:3'],
      ['dir /a 0700 3:3', 'dir /a/b 0755 10:20'],
    ],
    ['through links', '/l/b', '', ['dir /real 0711', 'link /l -> real'], ['dir /real 0711', 'dir /real/b 0755']],
    ['the root is there', '/', 'app', [], []],
    ['not on a file', '/f', '', ['file /f'], 'COPY_DESTINATION_CLASH'],
    ['not below a file', '/f/x', '', ['file /f'], 'COPY_DESTINATION_CLASH'],
  ])('%s', (_, at, owner, onto, expected) => {
    const compose = () => [...composeWorkdir(path(at), owner, image(onto), { passwd })].map(show);
    if (typeof expected === 'string') expect(compose).toThrow(expect.objectContaining({ code: expected }));
    else expect(compose()).toEqual(expected);
  });
});

test('contents of a layer are put beside one another', async () => {
  await using directory = await tempDir('contents');
  const tar = writeTar([
    { path: 'a/f', content: 'old' },
    { path: 'a/g', content: 'x'.repeat(100_000) },
    { path: 'a/f', content: 'new' },
    { path: 'a/.wh.gone', content: '' },
    { path: 'empty', content: '' },
    { path: 'unwanted', content: 'no' },
  ]);
  async function* bytes() {
    for (let at = 0; at < blob.length; at += 1000) yield blob.subarray(at, at + 1000);
  }
  const blob = gzipSync(tar);
  const wanted = new Set(['/a/f', '/a/g', '/empty', '/missing', '/a/gone'].map(path));
  const found = await extractContents(bytes(), wanted, hostPath(directory.path));
  const contents = Object.fromEntries([...found].map(([at, file]) => [at, readFileSync(file, 'utf8')]));
  expect(contents).toEqual({ '/a/f': 'new', '/a/g': 'x'.repeat(100_000), '/empty': '' });
});
