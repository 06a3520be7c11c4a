/** Which server, and where in it a bucket is. */
import { describe, expect, test } from 'vitest';
import { fakeWorld } from '../../../core/testing/index.ts';
import { bucketUrl, s3Server } from '../../../plugins/shared/s3/place.ts';
import type { ServerOptions } from '../../../plugins/shared/s3/options.ts';
import { elementsOf, elementText } from '../../../plugins/shared/s3/xml.ts';

async function urlOf(bucket: string, options: ServerOptions, env: Record<string, string> = {}): Promise<string> {
  await using world = fakeWorld({ env });
  const server = await s3Server(options, world);
  return bucketUrl(server, bucket, server.region).href;
}

describe('a bucket', () => {
  test.each<[string, ServerOptions, Record<string, string>, string]>([
    ['b', {}, {}, 'https://b.s3.us-east-1.amazonaws.com/'],
    ['b', {}, { AWS_DEFAULT_REGION: 'eu-west-1' }, 'https://b.s3.eu-west-1.amazonaws.com/'],
    ['b', { region: 'cn-north-1' }, { AWS_REGION: 'eu-west-1' }, 'https://b.s3.cn-north-1.amazonaws.com.cn/'],
    ['b.c', {}, {}, 'https://s3.us-east-1.amazonaws.com/b.c/'],
    ['b', { pathStyle: true }, {}, 'https://s3.us-east-1.amazonaws.com/b/'],
    ['b', { endpoint: 'https://s3.example/at' }, {}, 'https://b.s3.example/at/'],
    ['b', {}, { S3_ENDPOINT: 's3.example:9000', AWS_ENDPOINT_URL: 'https://other' }, 'https://b.s3.example:9000/'],
    ['b', {}, { S3_ENDPOINT: 'https://s3.example', S3_FORCE_PATH_STYLE: 'true' }, 'https://s3.example/b/'],
    ['b', {}, { AWS_ENDPOINT_URL_S3: 'https://s3.example', AWS_ENDPOINT_URL: 'https://all' }, 'https://b.s3.example/'],
    ['b', { endpoint: 'http://127.0.0.1:9000' }, {}, 'http://127.0.0.1:9000/b/'],
    ['b', { endpoint: 'http://localhost:9000' }, {}, 'http://localhost:9000/b/'],
    ['b', { endpoint: 'http://[::1]:9000' }, {}, 'http://[::1]:9000/b/'],
    ['B_ig', {}, {}, 'https://s3.us-east-1.amazonaws.com/B_ig/'],
  ])('%s with %o and %o', async (bucket, options, env, url) => {
    expect(await urlOf(bucket, options, env)).toBe(url);
  });

  test.each([
    [{ endpoint: 'ftp://s3.example' }, {}, 'it must be a URL'],
    [{ endpoint: 'https://me:secret-word@s3.example' }, {}, 'credentials have no place in it'],
    [{ endpoint: 'https://s3.example/?a=b' }, {}, 'it must end with the host or a path'],
    [{}, { S3_FORCE_PATH_STYLE: 'perhaps' }, 'it must be true or false'],
  ])('is refused with %o and %o', async (options, env, reason) => {
    const error = await urlOf('b', options, env).catch((it: unknown) => it as Error & { code: string });
    expect(error).toMatchObject({ code: 's3/SETTING_INVALID' });
    expect((error as Error).message).toContain(reason);
    expect((error as Error).message).not.toContain('secret-word');
  });
});

test('what servers write is read as they mean it', () => {
  const xml = '<A><K x="1">a&amp;b&#x2F;&#99;</K></A><A>\n<K>2</K></A>';
  expect(elementsOf(xml, 'A').map((one) => elementText(one, 'K'))).toEqual(['a&b/c', '2']);
  expect(elementText(xml, 'Absent')).toBeUndefined();
});
