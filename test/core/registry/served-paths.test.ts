import { expect, test } from 'vitest';
import { isRepository, parseTarget } from '../../../core/registry/server/asked.ts';
import { parseRange } from '../../../core/registry/server/blobs.ts';

test.each([
  ['/v2/', { kind: 'ping' }],
  ['/v2/_catalog', { kind: 'catalog' }],
  ['/v2/a/b/tags/list', { kind: 'tags', repository: 'a/b' }],
  ['/v2/a/b/manifests/1.0', { kind: 'manifest', repository: 'a/b', name: '1.0' }],
  ['/v2/a/manifests/sha256%3A00', { kind: 'manifest', repository: 'a', name: 'sha256:00' }],
  ['/v2/manifests/manifests/x', { kind: 'manifest', repository: 'manifests', name: 'x' }],
  ['/v2/a/blobs/sha256:00', { kind: 'blob', repository: 'a', name: 'sha256:00' }],
  ['/v2/a/blobs/uploads/', { kind: 'upload', repository: 'a', name: '' }],
  ['/v2/a/blobs/uploads', { kind: 'upload', repository: 'a', name: '' }],
  ['/v2/a/b/blobs/uploads/x-1', { kind: 'upload', repository: 'a/b', name: 'x-1' }],
  ['/v2/a/tags/other', undefined],
  ['/v1/x', undefined],
])('%s', (path, expected) => {
  expect(parseTarget(path)).toEqual(expected);
});

test.each([
  ['team/app', true],
  ['a__b/c.d-e--f', true],
  ['Team/app', false],
  ['a/../b', false],
  ['a//b', false],
  ['-a', false],
  ['x'.repeat(256), false],
])('%s as a repository: %s', (name, valid) => {
  expect(isRepository(name)).toBe(valid);
});

test.each([
  [undefined, undefined],
  ['bytes=0-', { from: 0, to: 100 }],
  ['bytes=10-19', { from: 10, to: 20 }],
  ['bytes=90-200', { from: 90, to: 100 }],
  ['bytes=-10', { from: 90, to: 100 }],
  ['bytes=-500', { from: 0, to: 100 }],
  ['bytes=100-', 'outside'],
  ['bytes=-0', 'outside'],
  ['bytes=5-2', undefined],
  ['bytes=0-1,5-6', undefined],
  ['items=1-2', undefined],
])('the range %s of 100 bytes', (header, expected) => {
  expect(parseRange(header, 100)).toEqual(expected);
});
