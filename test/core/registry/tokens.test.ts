import { expect, test } from 'vitest';
import { Secret } from '../../../core/base/secret.ts';
import type { Credentials } from '../../../core/contract/offers.ts';
import { createHttp } from '../../../core/registry/http.ts';
import { fetchToken } from '../../../core/registry/tokens.ts';
import { scriptedServer } from './scripted-server.ts';

const policy = { attempts: 1, firstDelay: 1, longestDelay: 1 };
const basic: Credentials = { kind: 'basic', username: 'alice', password: new Secret('s3cret') };

test('credentials for a registry over TLS are not sent in the clear, but to this machine', async () => {
  await using service = await scriptedServer((_, response) => void response.end('{"token":"t"}'));
  await using proxied = createHttp({ env: { HTTP_PROXY: `http://${service.host}` } });
  const ask = (host: string, secure: boolean, credentials: Credentials | undefined) =>
    fetchToken(
      proxied,
      {
        registry: 'r.example',
        realm: new URL(`http://${host}/token`),
        service: undefined,
        scopes: [],
        secure,
        credentials,
        tls: undefined,
        idleTimeout: undefined,
      },
      policy,
    );
  await expect(ask('auth.example', true, basic)).rejects.toMatchObject({
    code: 'REGISTRY_ANSWER_INVALID',
    message: expect.stringContaining('sent unprotected to auth.example') as unknown,
  });
  expect(service.received).toEqual([]);
  const given = { value: 't' };
  expect(await ask('auth.example', true, undefined)).toMatchObject(given);
  expect(await ask('auth.example', false, basic)).toMatchObject(given);
  expect(await ask(service.host, true, basic)).toMatchObject(given);
});
