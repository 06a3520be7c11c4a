import { expect, test } from 'vitest';
import { isArchiveDamage } from '../../../core/archive/damage.ts';
import { problem } from '../../../core/base/errors.ts';

test('damage is what bytes have, not what there is too much of', () => {
  expect(isArchiveDamage(problem('COMPRESSED_STREAM_DAMAGED', { format: 'gzip', reason: 'x' }))).toBe(true);
  expect(isArchiveDamage(problem('ARCHIVE_DAMAGED', { reason: 'x', offset: 1 }))).toBe(true);
  expect(isArchiveDamage(problem('INDEX_DAMAGED', { reason: 'x' }))).toBe(false);
  expect(isArchiveDamage(new Error('x'))).toBe(false);
});
