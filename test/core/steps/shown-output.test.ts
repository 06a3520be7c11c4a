import { expect, test } from 'vitest';
import { Secret } from '../../../core/base/secret.ts';
import { proxyLogins } from '../../../core/base/proxy-logins.ts';
import { shownOutput } from '../../../core/steps/shown-output.ts';
import { fakeWorld } from '../../../core/testing/index.ts';

const values = (env: Readonly<Record<string, string>>): string[] =>
  proxyLogins(Object.entries(env)).map((secret) => secret.reveal());

test('passwords of proxies are secret as written, as meant and as sent; users and hosts are not', () => {
  const header = Buffer.from('me:p@ss').toString('base64');
  expect(values({ HTTPS_PROXY: 'http://me:p%40ss@proxy:3128' })).toEqual(['p%40ss', 'p@ss', header]);
  expect(values({ all_proxy: 'me:p@ss@proxy:3128' })).toEqual(['p%40ss', 'p@ss', header]);
  expect(values({ http_proxy: 'http://me:100%@proxy' })).toEqual(['100%', Buffer.from('me:100%').toString('base64')]);
  expect(values({ HTTP_PROXY: 'http://me@proxy', FTP_PROXY: '', ALL_PROXY: '::', NO_PROXY: 'a:b@c' })).toEqual([]);
  expect(values({ OTHER: 'http://me:password@proxy' })).toEqual([]);
});

test('what a command prints is shown without secrets, in events and in its last lines', async () => {
  await using world = fakeWorld({});
  const output = shownOutput('step', [new Secret('hidden')], world);
  output.add('stdout', Buffer.from('a hid'));
  output.add('stderr', Buffer.from('hid'));
  output.add('stdout', Buffer.from('den b\n'));
  output.end();
  const events = world.events.filter(({ type }) => type === 'output');
  const said = (stream: string): string =>
    events
      .flatMap((event) =>
        event.type === 'output' && event.stream === stream ? [Buffer.from(event.chunk).toString()] : [],
      )
      .join('');
  expect([said('stdout'), said('stderr')]).toEqual(['a *** b\n', 'hid']);
  expect(output.tail()).toEqual(['a *** b', 'hid']);
});
