import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { Secret } from '../../../core/base/secret.ts';
import type { Credentials } from '../../../core/contract/offers.ts';
import { helperNamed } from '../../../plugins/docker-credentials/helper.ts';
import { dockerCredentials } from '../../../plugins/docker-credentials/index.ts';
import { testWorld, type TestWorld } from '../../core/registry/test-world.ts';
import { waitFor } from '../../support/wait.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'strake-credentials-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (pair: string) => ({ auth: base64(pair) });

function write(path: string, content: unknown): string {
  const file = join(home, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A helper on the PATH of the world, written in sh; `$server` is what it is asked about. */
function helper(name: string, script: string): void {
  const file = write(`bin/docker-credential-${name}`, `#!/bin/sh\nread -r server\n${script}\n`);
  chmodSync(file, 0o755);
}

function world(env: Record<string, string> = {}): TestWorld {
  return Object.assign(testWorld({ PATH: `${join(home, 'bin')}:/usr/bin:/bin`, ...env }), { home: hostPath(home) });
}

const show = (found: Credentials | undefined): string | undefined =>
  found &&
  (found.kind === 'basic' ? `${found.username}:${found.password.reveal()}` : `${found.kind} ${found.token.reveal()}`);

async function ask(
  registry: string,
  repository = 'team/app',
  at: TestWorld = world(),
  provider = dockerCredentials().credentials![0]!,
) {
  return show(await provider.credentials({ registry, repository, actions: ['pull'] }, at));
}

test('nothing is found where there is nothing', async () => {
  expect(await ask('r.example')).toBeUndefined();
});

test.each([
  [basic('alice:s3:cret'), 'alice:s3:cret'],
  [basic('alice:s3cret\0\0'), 'alice:s3cret'],
  [{ username: 'alice', password: 's3cret' }, 'alice:s3cret'],
  [{ ...basic('00000000-0000-0000-0000-000000000000:'), identitytoken: 'id' }, 'refresh id'],
  [{ registrytoken: 'ready' }, 'bearer ready'],
  [basic('<token>:id'), 'refresh id'],
  [{}, undefined],
  [basic('no colon'), undefined],
  ['text', undefined],
])('the entry %j', async (entry, expected) => {
  write('.docker/config.json', { auths: { 'r.example': entry } });
  expect(await ask('r.example')).toBe(expected);
});

test('the most exact entry counts, and no other host’s', async () => {
  write('.docker/config.json', {
    auths: {
      'r.example': basic('host:1'),
      'r.example/team': basic('team:2'),
      'r.example/team/app': basic('app:3'),
      'r.example:5000': basic('port:4'),
      'https://old.example/v1/': basic('old:5'),
    },
  });
  expect(await ask('r.example', 'team/app')).toBe('app:3');
  expect(await ask('r.example', 'team/app/deeper')).toBe('app:3');
  expect(await ask('r.example', 'team/application')).toBe('team:2');
  expect(await ask('r.example', 'teams/app')).toBe('host:1');
  expect(await ask('r.example:5000')).toBe('port:4');
  expect(await ask('old.example')).toBe('old:5');
  expect(await ask('evil-r.example')).toBeUndefined();
  expect(await ask('r.example.evil')).toBeUndefined();
});

test.each(['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'https://registry-1.docker.io/v2/'])(
  'Docker Hub under %s',
  async (key) => {
    write('.docker/config.json', { auths: { [key]: basic('hub:1') } });
    expect(await ask('docker.io', 'library/debian')).toBe('hub:1');
  },
);

test('each place there is, and which counts before which', async () => {
  const at = (user: string) => ({ auths: { 'r.example': basic(`${user}:x`) } });
  const env: Record<string, string> = {};
  write('.config/containers/auth.json', at('xdg-home'));
  expect(await ask('r.example', 'a', world(env))).toBe('xdg-home:x');
  write('run/containers/auth.json', at('runtime'));
  env['XDG_RUNTIME_DIR'] = join(home, 'run');
  expect(await ask('r.example', 'a', world(env))).toBe('runtime:x');
  write('.docker/config.json', at('docker'));
  expect(await ask('r.example', 'a', world(env))).toBe('docker:x');
  write('other/config.json', at('elsewhere'));
  env['DOCKER_CONFIG'] = join(home, 'other');
  expect(await ask('r.example', 'a', world(env))).toBe('elsewhere:x');
  env['DOCKER_CONFIG'] = join(home, 'other/config.json');
  expect(await ask('r.example', 'a', world(env))).toBe('elsewhere:x');
  env['REGISTRY_AUTH_FILE'] = write('auth.json', at('named'));
  expect(await ask('r.example', 'a', world(env))).toBe('named:x');
  env['DOCKER_AUTH_CONFIG'] = JSON.stringify(at('inline'));
  expect(await ask('r.example', 'a', world(env))).toBe('inline:x');
  env['DOCKER_AUTH_CONFIG'] = '{"auths":{"other.example":{}}}';
  expect(await ask('r.example', 'a', world(env))).toBe('named:x');
});

test('a damaged file is named, and nothing of it is shown', async () => {
  write('.docker/config.json', '{"auths": {"r.example": {"auth": "c2VjcmV0"');
  const failure = ask('r.example');
  await expect(failure).rejects.toMatchObject({ code: 'docker-credentials/CONFIG_UNREADABLE', exit: 2 });
  await expect(failure).rejects.not.toThrow('c2VjcmV0');
});

test('helpers are asked for what they know, once', async () => {
  helper('one', `echo "$server" >> ${home}/asked; echo '{"ServerURL":"x","Username":"alice","Secret":"s3cret"}'`);
  helper('id', `echo '{"Username":"<token>","Secret":"identity"}'`);
  write('.docker/config.json', {
    credHelpers: { 'r.example': 'one', 'https://index.docker.io/v1/': 'one', 'az.example': 'id' },
  });
  const provider = dockerCredentials().credentials![0]!;
  const here = world();
  expect(await ask('r.example', 'a', here, provider)).toBe('alice:s3cret');
  expect(await ask('r.example', 'b', here, provider)).toBe('alice:s3cret');
  expect(await ask('docker.io', 'library/x', here, provider)).toBe('alice:s3cret');
  expect(await ask('az.example', 'x', here, provider)).toBe('refresh identity');
  expect(await ask('unknown.example', 'x', here, provider)).toBeUndefined();
  expect(readFileSync(join(home, 'asked'), 'utf8').trim().split('\n')).toEqual([
    'r.example',
    'https://index.docker.io/v1/',
  ]);
});

test('the general helper counts before entries of the file, and entries where it knows nothing', async () => {
  helper(
    'all',
    `case $server in r.example) echo '{"Username":"a","Secret":"b"}';; *) echo 'credentials not found in native keychain'; exit 1;; esac`,
  );
  write('.docker/config.json', {
    credsStore: 'all',
    auths: { 'r.example': basic('file:1'), 'q.example': basic('file:2'), 's.example': {} },
  });
  expect(await ask('r.example')).toBe('a:b');
  expect(await ask('q.example')).toBe('file:2');
  expect(await ask('s.example')).toBeUndefined();
});

test('an empty answer is none', async () => {
  helper('pass', `echo '{"ServerURL":"","Username":"","Secret":""}'`);
  write('.docker/config.json', { credHelpers: { 'r.example': 'pass' } });
  expect(await ask('r.example')).toBeUndefined();
});

test.each([
  ['broken', `echo 'error getting credentials: gpg failed'; exit 2`, /gpg failed/],
  ['silent', 'exit 7', /status 7/],
  ['talker', 'echo no json', /no JSON/],
  ['garbled', 'head -c 4000 /dev/urandom', /no JSON/],
  ['flooding', 'exec yes', /said more than 1048576 bytes/],
  ['indiscreet', `echo '{"Username":"u","Secret":"leaked-secret"}' | tee /dev/stderr; exit 3`, /status 3/],
  ['plaintive', 'echo "no luck with the password leaked-secret"; exit 4', /status 4/],
])('a %s helper named for a registry is told', async (name, script, message) => {
  helper(name, script);
  write('.docker/config.json', { credHelpers: { 'r.example': name } });
  const failure = ask('r.example');
  await expect(failure).rejects.toMatchObject({
    code: 'docker-credentials/HELPER_FAILED',
    message: expect.stringMatching(message),
  });
  await expect(failure).rejects.not.toThrow('leaked-secret');
});

test('a helper that is not there, or no name of a helper', async () => {
  write('.docker/config.json', { credHelpers: { 'r.example': 'absent', 'q.example': '../../bin/sh' } });
  await expect(ask('r.example')).rejects.toThrow(/no such program/);
  await expect(ask('q.example')).rejects.toThrow(/no name of a program/);
});

test('a general helper that fails is a warning, and others are asked', async () => {
  write('.docker/config.json', { credsStore: 'desktop', auths: { 'r.example': basic('file:1') } });
  const here = world();
  expect(await ask('r.example', 'a', here)).toBe('file:1');
  expect(here.events).toMatchObject([
    {
      type: 'notice',
      level: 'warning',
      code: 'CREDENTIAL_STORE',
      message: expect.stringContaining('docker-credential-desktop'),
    },
  ]);
});

test('a helper that takes too long is ended, with what it started', async () => {
  helper('slow', `sleep 60 & echo $! > ${home}/pid; wait`);
  const begun = performance.now();
  await expect(helperNamed('slow', world(), 1000).get('slow.example')).rejects.toThrow(/longer than 1 s/);
  expect(performance.now() - begun).toBeLessThan(5000);
  const pid = Number(readFileSync(join(home, 'pid'), 'utf8'));
  await waitFor('its child to end', () => (isAlive(pid) ? undefined : true));
});

test('an interrupted build ends a helper', async () => {
  helper('slow', 'exec sleep 60');
  const here = world();
  const asked = helperNamed('slow', here).get('slow.example');
  here.abort(new Error('interrupted'));
  await expect(asked).rejects.toThrow('interrupted');
});

/** A zombie is one that has ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a URL means its host, a path without one the repositories below', async () => {
  write('.docker/config.json', {
    auths: {
      'https://r.example/some/page': basic('url:1'),
      'q.example/v2/': basic('old:2'),
      'q.example/v2/app': basic('path:3'),
    },
  });
  expect(await ask('r.example', 'other/app')).toBe('url:1');
  expect(await ask('q.example', 'team/app')).toBe('old:2');
  expect(await ask('q.example', 'v2/app')).toBe('path:3');
});

test('an empty name of a helper means the file itself', async () => {
  helper('all', `echo '{"Username":"store","Secret":"x"}'`);
  write('.docker/config.json', {
    credsStore: 'all',
    credHelpers: { 'r.example': '' },
    auths: { 'r.example': basic('file:1') },
  });
  expect(await ask('r.example')).toBe('file:1');
  expect(await ask('q.example')).toBe('store:x');
});

const provider = () => dockerCredentials().credentials![0]!;
const alice: Credentials = { kind: 'basic', username: 'alice', password: new Secret('s3cret') };

test('a login is written where it is read first, for a part of a registry too', async () => {
  const file = join(home, 'named/auth.json');
  const here = world({ REGISTRY_AUTH_FILE: file });
  const kept = await provider().keep!({ registry: 'r.example', repository: 'team' }, alice, here);
  expect(kept).toEqual({ where: file, readable: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(home, 'named'))).toEqual(['auth.json']);
  expect(await ask('r.example', 'team/app', here)).toBe('alice:s3cret');
  expect(await ask('r.example', 'other/app', here)).toBeUndefined();
  expect(await provider().forget!({ registry: 'r.example' }, here)).toEqual([]);
  expect(await provider().forget!({ registry: 'r.example', repository: 'team' }, here)).toEqual([file]);
});

test('Docker Hub is kept under docker’s name for it, in place of its others', async () => {
  const file = write('.docker/config.json', { auths: { 'index.docker.io': basic('old:1') } });
  await provider().keep!({ registry: 'docker.io' }, alice, world());
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    auths: { 'https://index.docker.io/v1/': basic('alice:s3cret') },
  });
});

test('a file that is damaged or cannot be replaced stays as it is', async () => {
  const file = write('.docker/config.json', '{"auths": ');
  await expect(provider().keep!({ registry: 'r.example' }, alice, world())).rejects.toMatchObject({
    code: 'docker-credentials/CONFIG_UNREADABLE',
  });
  expect(readFileSync(file, 'utf8')).toBe('{"auths": ');
  const at = world({ REGISTRY_AUTH_FILE: join(write('a-file', ''), 'auth.json') });
  const failure = provider().keep!({ registry: 'r.example' }, alice, at);
  await expect(failure).rejects.toMatchObject({ code: 'docker-credentials/CONFIG_NOT_WRITTEN', exit: 1 });
  await expect(failure).rejects.not.toThrow('s3cret');
});

test('a helper that does not keep a login is told, and the file is as it was', async () => {
  helper('broken', 'echo "the keychain is locked"; exit 1');
  const file = write('.docker/config.json', { credsStore: 'broken', auths: { 'r.example': basic('old:1') } });
  await expect(provider().keep!({ registry: 'r.example' }, alice, world())).rejects.toMatchObject({
    code: 'docker-credentials/HELPER_FAILED',
    message: 'docker-credential-broken did not keep the login of r.example: the keychain is locked.',
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ auths: { 'r.example': basic('old:1') } });
  const part = provider().keep!({ registry: 'r.example', repository: 'team' }, alice, world());
  await expect(part).rejects.toMatchObject({ code: 'docker-credentials/PATH_IN_HELPER' });
});
