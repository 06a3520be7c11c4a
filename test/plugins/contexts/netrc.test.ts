import { expect, test } from 'vitest';
import { fakeWorld } from '../../../core/testing/index.ts';
import { loginIn, netrcLogin } from '../../../plugins/shared/netrc.ts';

const told = (text: string, host = 'files.example') => {
  const login = loginIn(text, host);
  return login && `${login.username}:${login.password.reveal()}`;
};

test.each([
  ['on one line', 'machine files.example login me password s3cret', 'me:s3cret'],
  [
    'on several lines',
    'machine other.example\n  login x\n  password y\nmachine Files.Example\n\tlogin me\n\tpassword s3cret\n',
    'me:s3cret',
  ],
  ['the first of two', 'machine files.example login a password b\nmachine files.example login c password d', 'a:b'],
  ['by default', 'machine other.example login x password y\ndefault login me password s3cret', 'me:s3cret'],
  ['in quotes', 'machine files.example login me password "two \\"words\\""', 'me:two "words"'],
  ['with an account', 'machine files.example account z login me password s3cret', 'me:s3cret'],
  ['a password like a keyword', 'machine files.example login machine password default', 'machine:default'],
  [
    'behind comments and macros',
    '# machine files.example login x password y\nmacdef init\nmachine files.example login x password y\n\nmachine files.example login me password s3cret',
    'me:s3cret',
  ],
  ['a user alone', 'machine files.example login me', undefined],
  ['nobody', 'machine other.example login x password y', undefined],
  ['nothing', '', undefined],
])('%s', (_, text, login) => {
  expect(told(text)).toBe(login);
});

test('the file is ~/.netrc, or what NETRC names', async () => {
  await using world = fakeWorld({
    home: {
      '/.netrc': 'machine files.example login me password home',
      '/other': 'machine files.example login me password other',
    },
  });
  expect((await netrcLogin('files.example', world))?.password.reveal()).toBe('home');
  const env = { NETRC: `${world.home}/other` };
  expect((await netrcLogin('files.example', { env, home: world.home }))?.password.reveal()).toBe('other');
});

test('without a file nothing is known', async () => {
  await using world = fakeWorld();
  expect(await netrcLogin('files.example', world)).toBeUndefined();
});
