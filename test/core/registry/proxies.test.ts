import { expect, test } from 'vitest';
import { chooseProxy } from '../../../core/registry/proxies.ts';

const through = (env: Record<string, string>, url: string): string | undefined => chooseProxy(env)(new URL(url))?.host;

test('each protocol has its proxy, lower case wins', () => {
  const env = { HTTP_PROXY: 'http://a:1', http_proxy: 'b:2', HTTPS_PROXY: 'http://c:3' };
  expect(through(env, 'http://x.example/')).toBe('b:2');
  expect(through(env, 'https://x.example/')).toBe('c:3');
  for (const url of ['http://x.example/', 'https://x.example/'])
    expect(through({ ALL_PROXY: 'http://d:4' }, url)).toBe('d:4');
  expect(through({}, 'https://x.example/')).toBeUndefined();
});

test.each([
  ['x.example', 'https://x.example/', false],
  ['x.example', 'https://sub.x.example/', false],
  ['x.example', 'https://ax.example/', true],
  ['.x.example', 'https://sub.x.example/', false],
  ['*.x.example', 'https://sub.x.example/', false],
  ['x.example:5000', 'https://x.example:5000/', false],
  ['x.example:5000', 'https://x.example/', true],
  ['x.example:443', 'https://x.example/', false],
  ['10.0.0.0/8', 'https://10.20.30.40/', false],
  ['10.0.0.0/8', 'https://11.20.30.40/', true],
  ['10.1.2.3', 'https://10.1.2.3/', false],
  ['fd00::/8', 'https://[fd00::1]/', false],
  ['[::2]:443', 'https://[::2]/', false],
  ['a, *', 'https://x.example/', false],
  ['', 'https://x.example/', true],
])('NO_PROXY=%s and %s', (exceptions, url, proxied) => {
  expect(through({ HTTPS_PROXY: 'http://p:1', NO_PROXY: exceptions }, url) !== undefined).toBe(proxied);
});

test('what answers on this link alone is never asked through a proxy', () => {
  for (const host of ['169.254.169.254', '[fe80::1]'])
    expect(through({ HTTP_PROXY: 'http://p:1' }, `http://${host}/`)).toBeUndefined();
  expect(through({ HTTP_PROXY: 'http://p:1' }, 'http://169.253.1.1/')).toBeDefined();
});

test('loopback is never asked through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'a.localhost'])
    expect(through({ HTTP_PROXY: 'http://p:1' }, `http://${host}:5000/`)).toBeUndefined();
});
