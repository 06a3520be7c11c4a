/** Signatures against the examples that Amazon publishes with the description of Signature Version 4. */
import { expect, test } from 'vitest';
import { Secret } from '../../../core/index.ts';
import { emptyHash, encoded, hexHash, queryText, signed, type ToSign } from '../../../plugins/shared/aws/sign.ts';

const keys = { id: 'AKIAIOSFODNN7EXAMPLE', secret: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY') };
const common = {
  bodyHash: emptyHash,
  service: 's3',
  region: 'us-east-1',
  now: new Date('2013-05-24T00:00:00Z'),
  headers: {},
} as const;
const at = (rest: string): URL => new URL(`https://examplebucket.s3.amazonaws.com/${rest}`);
const signature = (request: Partial<ToSign> & Pick<ToSign, 'method' | 'url'>): string | undefined =>
  /Signature=(\w+)$/.exec(signed({ ...common, ...request }, keys)['authorization']!)?.[1];

test('a parameter without a value', () => {
  expect(signature({ method: 'GET', url: at('?lifecycle=') })).toBe(
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  );
});

test('two parameters, sorted', () => {
  const query = queryText({ prefix: 'J', 'max-keys': '2' });
  expect(query).toBe('max-keys=2&prefix=J');
  expect(signature({ method: 'GET', url: at(`?${query}`) })).toBe(
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});

test('a body, and headers of its own', () => {
  const headers = signed(
    {
      ...common,
      method: 'PUT',
      url: at('test%24file.text'),
      bodyHash: hexHash('Welcome to Amazon S3.'),
      headers: { 'x-amz-storage-class': 'REDUCED_REDUNDANCY', range: 'not signed' },
    },
    keys,
  );
  // Amazon's example signs `date` besides, which says nothing that `x-amz-date` does not.
  expect(headers['authorization']).toContain(
    'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,',
  );
  expect(headers).toMatchObject({ range: 'not signed', 'x-amz-date': '20130524T000000Z' });
  expect(headers['x-amz-content-sha256']).toBe('44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072');
});

test('keys that end go with their token', () => {
  const url = at('a');
  const headers = signed({ ...common, method: 'GET', url }, { ...keys, token: new Secret('of-a-session') });
  expect(headers['x-amz-security-token']).toBe('of-a-session');
  expect(headers['authorization']).toContain('x-amz-date;x-amz-security-token,');
});

test('what AWS wants encoded is encoded, and nothing else', () => {
  expect(encoded("a-._~Z9 /+!'()*ü")).toBe('a-._~Z9%20%2F%2B%21%27%28%29%2A%C3%BC');
});
