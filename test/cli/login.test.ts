import { expect, test } from 'vitest';
import { fakeRegistry } from '../../core/testing/index.ts';
import { cliFolder } from './run-cli.ts';

test.each([
  [['login', 'r.example'], '', /needs a user: --username/],
  [['login', 'r.example', '-u', 'a'], '', /needs a password: give it to standard input/],
  [['login', 'r.example', '-u', 'a', '--password-stdin'], '\n', /password is empty/],
  [['login', 'r.example', '-u', 'a', '--password-stdin'], 'x'.repeat(70_000), /more than 65536 bytes/],
  [['login', 'r.example', '-u', 'a', '-p', 'seen', '--password-stdin'], 'x', /are two passwords/],
  [['login', 'r.example/', '-u', 'a', '--password-stdin'], '', /password is empty/],
  [['login', 'no host', '-u', 'a'], '', /"no host" is no registry/],
  [['login', 'r.example/UPPER', '-u', 'a'], '', /"r.example\/UPPER" is no registry/],
  [['login', 'a', 'b'], '', /Usage: strake login|usage/i],
  [['logout', 'http://'], '', /is no registry/],
])('%j with %j', async (argv, stdin, message) => {
  using folder = cliFolder();
  const { status, stdout, stderr } = await folder.run(argv, { stdin });
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stdout + stderr).not.toContain('seen');
});

test('a password in the arguments works with a warning; what comes first is told', async () => {
  await using registry = await fakeRegistry({ login: { username: 'alice', password: 'argument-word' } });
  using folder = cliFolder();
  const auth = Buffer.from('bob:other').toString('base64');
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth } } }) };
  const login = await folder.run(['login', `http://${registry.host}/v2/`, '-u', 'alice', '-p', 'argument-word'], {
    env,
  });
  expect(login.status).toBe(0);
  expect(login.stdout).toMatch(new RegExp(`^Logged in to ${registry.host}; kept in .*/.docker/config.json.\n$`));
  expect(login.stderr).toMatch(/--password shows the password to everybody/);
  expect(login.stderr).toMatch(/use another login .* which comes first: DOCKER_AUTH_CONFIG/);
  expect(login.stdout + login.stderr).not.toContain('argument-word');
  const logout = await folder.run(['logout', registry.host], { env });
  expect(logout.stdout).toMatch(/^Logged out of /);
  expect(logout.stderr).toMatch(/still have a login .*: DOCKER_AUTH_CONFIG/);
  const wrong = await folder.run(['login', registry.host, '-u', 'alice', '--password-stdin'], { stdin: 'wrong-word' });
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toMatch(/does not let alice in/);
});
