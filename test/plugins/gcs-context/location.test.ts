import { expect, test } from 'vitest';
import { parseGcsLocation, textOf } from '../../../plugins/gcs-context/location.ts';

test.each([
  ['gs://bucket/a/b c.tar.gz', { bucket: 'bucket', object: 'a/b c.tar.gz' }],
  ['gs://my.bucket-1/x%20y', { bucket: 'my.bucket-1', object: 'x%20y' }],
  ['gs://bucket', { bucket: 'bucket', object: 'context.tar.gz' }],
  ['gs://bucket/', { bucket: 'bucket', object: 'context.tar.gz' }],
  ['gs://bucket/a#1700000000000001', { bucket: 'bucket', object: 'a', generation: '1700000000000001' }],
  ['gs://bucket/a#b', { bucket: 'bucket', object: 'a#b' }],
  ['gs://bucket/a?b', { bucket: 'bucket', object: 'a?b' }],
])('%s', (text, location) => {
  expect(parseGcsLocation(text)).toEqual(location);
});

test.each([
  ['gs://', 'no bucket'],
  ['gs:///a', 'no bucket'],
  ['gs://Bucket/a', 'no name of a bucket'],
  ['gs://user@bucket/a', 'no name of a bucket'],
  ['gs://bucket/folder/', 'a folder'],
])('%s is refused', (text, reason) => {
  expect(() => parseGcsLocation(text)).toThrow(reason);
});

test('is written as it was read', () => {
  expect(textOf(parseGcsLocation('gs://bucket/a#12'))).toBe('gs://bucket/a#12');
});
