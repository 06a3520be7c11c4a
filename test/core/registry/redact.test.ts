import { expect, test } from 'vitest';
import { redactText, redactUrl } from '../../../core/registry/redact.ts';

test('a signed URL shows its path and not its signature', () => {
  const shown = redactUrl(
    new URL('https://user:pw@s3.example/b/blob?X-Amz-Signature=abc&X-Amz-Credential=key&digest=sha256:1'),
  );
  expect(shown).toBe('https://s3.example/b/blob?X-Amz-Signature=***&X-Amz-Credential=***&digest=sha256:1');
});

test.each([
  ['bad token: Bearer abcdefghijklm', 'bad token: Bearer ***'],
  ['Authorization: Basic YWxpY2U6czNjcmV0', 'Authorization: Basic ***'],
  ['see https://u:p@host/x?sig=123 for more', 'see https://host/x?sig=*** for more'],
  ['jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.sig-part is old', 'jwt *** is old'],
  ['red \u001b[31mtext\u0007', 'red [31mtext'],
  ['red \u009b31mtext', 'red 31mtext'],
])('%s', (text, shown) => {
  expect(redactText(text)).toBe(shown);
});

test('a long text is cut', () => {
  expect(redactText('x'.repeat(10_000)).length).toBeLessThan(400);
});
