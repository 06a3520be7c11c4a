import { expect, test } from 'vitest';
import { crc32c } from '../../../plugins/shared/crc32c.ts';

test.each([
  // RFC 3720, appendix B.4.
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
  ['digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
])('%s', (_, bytes, sum) => {
  expect(crc32c(bytes)).toBe(sum);
});

test('pieces of any length add up', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, at) => at * 7);
  for (let cut = 0; cut <= 100; cut++)
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
});
