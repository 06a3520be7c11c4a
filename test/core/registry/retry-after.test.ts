import { expect, test } from 'vitest';
import { retryAfter } from '../../../core/registry/retry-after.ts';

test.each([
  ['3', 3000],
  ['0', 0],
  ['1.5', 1500],
  ['Wed, 21 Oct 2026 07:28:05 GMT', 5000],
  ['Wed, 21 Oct 2020 07:28:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s is %s milliseconds', (header, expected) => {
  expect(retryAfter(header, Date.parse('2026-10-21T07:28:00Z'))).toBe(expected);
});
