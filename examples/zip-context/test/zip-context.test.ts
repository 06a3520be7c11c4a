import { describe, expect, test } from 'vitest';
import { contextSourceContract, tryPlugin } from 'strake/testing';
import { zipContext } from '../src/index.ts';
import { zipOf, type ZipFile } from './zip-of.ts';

const app = zipOf([
  { name: 'Dockerfile', content: 'FROM scratch\nCOPY bin /bin\n' },
  { name: 'bin/' },
  { name: 'bin/run', content: '#!/bin/sh\necho run\n', mode: 0o755 },
  { name: 'bin/data', content: 'as it is', store: true },
]);

describe('the contract of context sources', () => {
  const checks = contextSourceContract(() => ({
    plugin: zipContext(),
    world: { files: { '/app.zip': app } },
    good: 'zip://app.zip',
    holds: {
      '/Dockerfile': 'FROM scratch\nCOPY bin /bin\n',
      '/bin/run': { file: '#!/bin/sh\necho run\n', mode: 0o755 },
      '/bin/data': 'as it is',
    },
    missing: 'zip://absent.zip',
  }));
  for (const check of checks) test(check.name, () => check.run());
});

test('an image is built from a zip file', async () => {
  await using bench = await tryPlugin(zipContext(), { files: { '/app.zip': app } });
  const { files } = await bench.build('zip://app.zip');
  expect(files).toEqual({ '/bin/run': { file: '#!/bin/sh\necho run\n', mode: 0o755 }, '/bin/data': 'as it is' });
});

describe('what is refused', () => {
  const build = async (files: readonly ZipFile[] | string, maxBytes = 1000) => {
    const bytes = typeof files === 'string' ? Buffer.from(files) : zipOf(files);
    await using bench = await tryPlugin(zipContext({ maxBytes }), { files: { '/app.zip': bytes } });
    return await bench.build('zip://app.zip', { dockerfileText: 'FROM scratch\nCOPY . /\n' });
  };

  test.each(['../outside', '/outside', 'a/../../outside', 'a\\..\\outside'])('an entry %s', async (name) => {
    await expect(build([{ name, content: 'x' }])).rejects.toMatchObject({ code: 'zip-context/ENTRY_OUTSIDE', exit: 2 });
  });

  test('more bytes than are allowed, whatever the archive says of them', async () => {
    const bomb = [
      { name: 'a', content: '0'.repeat(600) },
      { name: 'b', content: '0'.repeat(600) },
    ];
    await expect(build(bomb)).rejects.toMatchObject({ code: 'zip-context/TOO_LARGE' });
    expect((await build(bomb, 1200)).files).toMatchObject({ '/a': '0'.repeat(600) });
  });

  test('a damaged file', async () => {
    await expect(build([{ name: 'a', content: 'x', checksum: 1 }])).rejects.toThrow('"a" is damaged');
  });

  test.each(['', 'no zip file', 'PK\x05\x06'])('something else: %j', async (text) => {
    await expect(build(text)).rejects.toMatchObject({ code: 'zip-context/NOT_A_ZIP' });
  });
});
