import { describe, expect, test } from 'vitest';
import { outputSpec, parseOutput } from '../../core/config/output-spec.ts';

const inherit = { compression: undefined, rewriteTimestamp: undefined };
const read = (text: string) => {
  const setting = parseOutput(text);
  return setting && outputSpec(setting, inherit, (path) => `/cwd/${path}`);
};
const usual = { forceCompression: false, rewriteTimestamp: false, options: [] };

describe('outputs as docker and buildx spell them', () => {
  test.each([
    ['type=registry', { type: 'registry' }],
    ['type=oci,dest=out.tar', { type: 'oci', dest: '/cwd/out.tar' }],
    ['type=oci,dest=out,tar=false', { type: 'oci', dest: '/cwd/out', options: [['tar', 'false']] }],
    ['type=registry,"name=a/b:1,c/d:2"', { type: 'registry', names: ['a/b:1', 'c/d:2'] }],
    ['type=image,push=true,name=a', { type: 'registry', names: ['a'] }],
    ['type=docker,"dest=with ""quotes"", and commas"', { type: 'docker', dest: '/cwd/with "quotes", and commas' }],
    [
      'type=registry,compression=zstd,compression-level=9,force-compression=true,rewrite-timestamp=true',
      { type: 'registry', compression: { type: 'zstd', level: 9 }, forceCompression: true, rewriteTimestamp: true },
    ],
    ['type=oci,dest=x,compression=uncompressed', { type: 'oci', dest: '/cwd/x', compression: { type: 'none' } }],
    [
      'type=s3,bucket=b,region=r',
      {
        type: 's3',
        options: [
          ['bucket', 'b'],
          ['region', 'r'],
        ],
      },
    ],
    ['folder', { type: 'local', dest: '/cwd/folder' }],
  ])('%s', (text, spec) => {
    expect(read(text)).toEqual({ ...usual, ...spec });
  });

  test('type=image without push stays in the store', () => {
    expect(read('type=image,name=a')).toBeUndefined();
  });

  test.each([
    ['dest=x', 'it has no type'],
    ['type=oci,dest', '"dest" is no key=value'],
    ['type=oci,tar=perhaps', 'tar is "perhaps"; it must be true or false'],
    ['type=oci,compression=lz4', 'compression is "lz4"; it must be gzip, zstd, none'],
    ['type=oci,compression-level=best', 'compression-level is "best"; it must be a whole number'],
    ['type=oci,"dest=x', 'a quote is not closed'],
    ['type=oci,dest=-', 'standard output is for the result; name a file'],
    ['-', 'standard output is for the result; name a file'],
  ])('%s is refused', (text, reason) => {
    expect(() => read(text)).toThrow(`"${text}": ${reason}.`);
  });
});

test('what holds for every output gives way to what one says itself', () => {
  const all = { compression: 'zstd', rewriteTimestamp: true } as const;
  const same = (path: string): string => path;
  expect(outputSpec({ type: 'oci' }, all, same)).toMatchObject({
    compression: { type: 'zstd' },
    rewriteTimestamp: true,
  });
  expect(outputSpec({ type: 'oci', compression: 'gzip', rewriteTimestamp: false }, all, same)).toMatchObject({
    compression: { type: 'gzip' },
    rewriteTimestamp: false,
  });
});
