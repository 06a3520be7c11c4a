import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { connectionProblem } from '../../../core/registry/connection-problem.ts';
import { createHttp } from '../../../core/registry/http.ts';
import { scriptedServer } from './scripted-server.ts';

const client = (env: Record<string, string> = {}) => createHttp({ env: { SSL_CERT_FILE: '/nonexistent', ...env } });
const hello = (_: unknown, response: ServerResponse): void => void response.end('hello');

test('a redirect to another host is followed without what says who asks', async () => {
  await using http = client();
  await using storage = await scriptedServer(hello);
  await using registry = await scriptedServer(({ path }, response) => {
    const location = path === '/near' ? '/here' : path === '/here' ? storage.url.href : '/near';
    response.writeHead(307, { location }).end('gone');
  });
  const response = await http.request({
    method: 'GET',
    url: new URL('/first', registry.url),
    headers: { Authorization: 'Bearer secret', cookie: 'a=b', range: 'bytes=1-' },
  });
  expect(await response.text()).toBe('hello');
  expect(response.url.host).toBe(storage.host);
  expect(registry.received.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer secret'));
  expect(storage.received[0]?.headers).toMatchObject({ range: 'bytes=1-' });
  expect(storage.received[0]?.headers).not.toHaveProperty('authorization');
  expect(storage.received[0]?.headers).not.toHaveProperty('cookie');
});

test('another port is another host', async () => {
  await using http = client();
  await using other = await scriptedServer(hello);
  await using one = await scriptedServer(
    (_, response) => void response.writeHead(302, { location: other.url.href }).end(),
  );
  await http
    .request({ method: 'GET', url: one.url, headers: { authorization: 'Basic eDp5' } })
    .then((r) => r.discard());
  expect(other.received[0]?.headers.authorization).toBeUndefined();
});

test('redirects end, or are the caller’s own business', async () => {
  await using http = client();
  await using loop = await scriptedServer(
    (_, response) => void response.writeHead(302, { location: '/?sig=secret' }).end(),
  );
  const request = { method: 'GET', url: new URL('/?sig=secret', loop.url) } as const;
  await expect(http.request(request)).rejects.toMatchObject({ code: 'REDIRECTED_TOO_OFTEN' });
  expect(loop.received).toHaveLength(6);
  await expect(http.request(request)).rejects.not.toThrow('secret');
  expect((await http.request({ ...request, redirects: 0 })).status).toBe(302);
});

test('a body is sent again only where the redirect keeps the method', async () => {
  await using http = client();
  await using server = await scriptedServer(({ path }, response) => {
    if (path === '/seen') response.end('seen');
    else response.writeHead(Number(path.slice(1)), { location: '/seen' }).end();
  });
  const post = (status: number) =>
    http.request({ method: 'POST', url: new URL(`/${status}`, server.url), body: 'text' });
  expect((await post(303)).status).toBe(303);
  expect(await (await post(308)).text()).toBe('seen');
  expect(server.received.at(-1)).toMatchObject({ method: 'POST', body: 'text' });
  const stream = async function* () {
    yield Buffer.from('text');
  };
  const url = new URL('/308', server.url);
  expect((await http.request({ method: 'POST', url, body: stream() })).status).toBe(308);
});

test('a redirect that leads away from HTTP is not followed', async () => {
  await using http = client();
  await using server = await scriptedServer(
    (_, response) => void response.writeHead(302, { location: 'ftp://files.example/x' }).end(),
  );
  expect((await http.request({ method: 'GET', url: server.url })).status).toBe(302);
});

test('an answer larger than allowed is refused', async () => {
  await using http = client();
  await using server = await scriptedServer((_, response) => void response.end('x'.repeat(100_000)));
  const response = await http.request({ method: 'GET', url: server.url });
  await expect(response.text(99_999)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
});

test.each([
  ['HOST_UNREACHABLE', 'nothing listens there', 'http://127.0.0.1:1/'],
  ['HOST_UNREACHABLE', 'the name is unknown', 'http://no-such-host.invalid/'],
])('%s: %s', async (code, reason, url) => {
  await using http = client();
  const failure = http.request({ method: 'GET', url: new URL(url) });
  await expect(failure).rejects.toMatchObject({ code, facts: { reason } });
});

test('a server that falls silent is given up, before and after its answer began', async () => {
  await using http = client();
  await using server = await scriptedServer(({ path }, response) => {
    if (path === '/half') response.writeHead(200, { 'content-length': 10 }).write('half');
  });
  const silent = http.request({ method: 'GET', url: server.url, idleTimeout: 1100 });
  await expect(silent).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
  const half = await http.request({ method: 'GET', url: new URL('/half', server.url), idleTimeout: 1100 });
  await expect(half.text()).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
}, 20_000);

test('a connection that breaks in the middle is told as such', async () => {
  await using http = client();
  await using server = await scriptedServer((_, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('half');
    setTimeout(() => response.destroy(), 50);
  });
  const response = await http.request({ method: 'GET', url: server.url });
  await expect(response.text()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});

test('an abort ends a request with its own reason', async () => {
  await using http = client();
  await using server = await scriptedServer(() => {});
  const stop = new AbortController();
  const waiting = http.request({ method: 'GET', url: server.url, signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(waiting).rejects.toThrow('enough');
});

test('a connection that breaks because of an abort was aborted', () => {
  const broken = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  const reason = new Error('enough');
  const facts = { host: 'x.example', idleTimeout: 1, ownCa: false };
  expect(connectionProblem(broken, facts, AbortSignal.abort(reason))).toBe(reason);
  expect(connectionProblem(broken, facts)).toMatchObject({ code: 'CONNECTION_LOST' });
});

test('a body streams up, and its own failure is what the caller gets', async () => {
  await using http = client();
  await using server = await scriptedServer((request, response) => void response.end(String(request.body.length)));
  const parts = async function* (count: number, broken: boolean) {
    for (let at = 0; at < count; at++) yield Buffer.alloc(1000);
    if (broken) throw new Error('the source broke');
  };
  const put = (broken: boolean) =>
    http.request({ method: 'PUT', url: server.url, body: parts(50, broken), headers: { 'content-length': '50000' } });
  expect(await (await put(false)).text()).toBe('50000');
  await expect(put(true)).rejects.toThrow('the source broke');
});

test('a proxy is asked in the place of the server, with its own login', async () => {
  await using proxy = await scriptedServer(({ path }, response) => void response.end(`proxied ${path}`));
  await using http = client({ HTTP_PROXY: `http://user:pass@${proxy.host}`, NO_PROXY: 'other.example' });
  const response = await http.request({ method: 'GET', url: new URL('http://some.example/x') });
  expect(await response.text()).toBe('proxied http://some.example/x');
  const large = await http.request({ method: 'GET', url: new URL('http://some.example/large'), bulk: true });
  expect(await large.text()).toBe('proxied http://some.example/large');
  expect(proxy.received[0]?.headers['proxy-authorization']).toBe(
    `Basic ${Buffer.from('user:pass').toString('base64')}`,
  );
  await expect(
    http.request({ method: 'GET', url: new URL('http://other.example/x'), idleTimeout: 2000 }),
  ).rejects.toMatchObject({
    code: 'HOST_UNREACHABLE',
  });
});

test('a proxy that refuses is named without its password', async () => {
  await using proxy = await scriptedServer((_, response) => void response.end());
  await using http = client({ HTTPS_PROXY: `http://user:pass@${proxy.host}` });
  const failure = await http
    .request({ method: 'GET', url: new URL('https://some.example/') })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: expect.stringMatching(/PROXY_REFUSED|HOST_UNREACHABLE/),
    facts: { proxy: proxy.host },
  });
  expect(String(failure)).not.toContain('pass');
});
