/** Who asks and whom to trust, over real http and https: logins of all kinds, and to whom they are not shown. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { contextSourceContract, readTree } from '../../../core/testing/index.ts';
import { gitContext } from '../../../plugins/git-context/index.ts';
import { requirements } from '../../support/needs.ts';
import { cleanEnv } from '../../support/process.ts';
import { makeAuthority, type Authority } from '../../support/servers/certificates.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startGitHttp, type GitHttpServer } from '../../support/servers/git-http.ts';
import { waitFor } from '../../support/wait.ts';
import {
  gitWorld,
  makeRepositories,
  open,
  refusal,
  requestOf,
  stateOf,
  type OpenOptions,
  type Repositories,
} from './git-scene.ts';

const { suite } = await requirements(import.meta.url, ['git', 'openssl']);

const username = 'alice';
const password = 'pass-w0rd/of+alice=';
const token = 'tok_3n-of-a-robot';

suite('access to a git repository', () => {
  let repositories: Repositories;
  let authority: Authority;
  let basic: GitHttpServer;
  let bearer: GitHttpServer;
  let other: GitHttpServer;
  let secure: GitHttpServer;
  let mutual: GitHttpServer;
  beforeAll(async () => {
    repositories = await makeRepositories();
    authority = await makeAuthority(repositories.temp.at('authority'));
    const { root } = repositories;
    const login = { basic: { username, password }, bearer: token };
    basic = await startGitHttp({ root, login: { basic: login.basic } });
    bearer = await startGitHttp({ root, login: { bearer: token } });
    other = await startGitHttp({ root });
    secure = await startGitHttp({ root, tls: { authority }, login });
    mutual = await startGitHttp({ root, tls: { authority, client: true } });
  });
  afterAll(async () => {
    for (const server of [basic, bearer, other, secure, mutual]) await server?.stop();
    await repositories?.[Symbol.asyncDispose]();
  });
  const opens = (server: GitHttpServer, options: OpenOptions = {}) => stateOf(`${server.url}/app.git`, options);
  const refuses = (server: GitHttpServer, options: OpenOptions = {}) => refusal(`${server.url}/app.git`, options);
  const shownTo = (server: GitHttpServer) =>
    server.requests().flatMap(({ authorization }) => (authorization === undefined ? [] : [authorization]));

  it('by user and password: settings, variables of git and kaniko, and the location', async () => {
    const env = { MY_PASSWORD: password };
    const ways: OpenOptions[] = [
      { env, git: { username, 'password-env': 'MY_PASSWORD' } },
      { env: { MY_PASSWORD: `${password}\n` }, git: { username, 'password-env': 'MY_PASSWORD' } },
      { env: { GIT_USERNAME: username, GIT_PASSWORD: password } },
      { env, git: { username, 'token-env': 'MY_PASSWORD' } },
      { env: { GIT_TOKEN: password, GIT_USERNAME: username } },
    ];
    expect(await Promise.all(ways.map((way) => opens(basic, way)))).toEqual(ways.map(() => 'trunk'));
    const host = basic.url.replace('http://', `http://${username}:${encodeURIComponent(password)}@`);
    await using opened = await open(`${host}/app.git#trunk`);
    expect(opened.context.label).toBe(`${basic.url}/app.git#trunk`);
    const kaniko = host.replace('http://', 'git://');
    expect(await stateOf(`${kaniko}/app.git#refs/heads/trunk`, { env: { GIT_PULL_METHOD: 'http' } })).toBe('trunk');
  });

  it('by a token, shown as the server takes it', async () => {
    const env = { ROBOT: token };
    expect(await opens(bearer, { env, git: { 'token-env': 'ROBOT', auth: 'bearer' } })).toBe('trunk');
    expect(await opens(bearer, { env, git: { 'token-env': 'ROBOT' } })).toBe('trunk');
    expect(await opens(bearer, { env: { GIT_TOKEN: token } })).toBe('trunk');
    expect(await refuses(bearer, { env, git: { 'token-env': 'ROBOT', auth: 'basic' } })).toMatchObject({
      code: 'git-context/LOGIN_REFUSED',
    });
    await using asUser = await startGitHttp({
      root: repositories.root,
      login: { basic: { username: token, password: '' } },
    });
    expect(await opens(asUser, { env: { GIT_TOKEN: token } })).toBe('trunk');
    expect(await stateOf(`${asUser.url.replace('://', `://${token}@`)}/app.git`)).toBe('trunk');
  });

  it('by what is set up for git: helpers, .netrc, headers', async () => {
    const config = `[credential]\n\thelper = "!f() { test $1 = get && echo username=${username} && echo password=${password}; }; f"\n`;
    expect(await opens(basic, { home: { '/.gitconfig': config } })).toBe('trunk');
    const netrc = `machine 127.0.0.1 login ${username} password ${password}\n`;
    expect(await opens(basic, { home: { '/.netrc': netrc } })).toBe('trunk');
    const stored = `${basic.url.replace('://', `://${username}:${encodeURIComponent(password)}@`)}\n`;
    const home = { '/.gitconfig': '[credential]\n\thelper = store\n', '/.git-credentials': stored };
    expect(await opens(basic, { home })).toBe('trunk');
    const named = basic.url.replace('://', `://${username}@`);
    expect(await stateOf(`${named}/app.git`, { home })).toBe('trunk');
    const header = `[http "${bearer.url}/"]\n\textraHeader = Authorization: Bearer ${token}\n`;
    expect(await opens(bearer, { home: { '/.gitconfig': header } })).toBe('trunk');
    // What was said counts more, and the other is not sent besides.
    expect(await refuses(bearer, { home: { '/.gitconfig': header }, env: { GIT_TOKEN: 'no-good' } })).toMatchObject({
      code: 'git-context/LOGIN_REFUSED',
    });
  });

  describe('as a context source that has secrets', () => {
    const checks = contextSourceContract(() => ({
      plugin: gitContext(),
      world: { env: { PATH: cleanEnv()['PATH'], GIT_USERNAME: username, GIT_PASSWORD: password } },
      good: `${basic.url}/app.git#trunk:svc/a`,
      holds: { '/Dockerfile': 'FROM scratch\nCOPY . /svc\n', '/x': 'x' },
      missing: {
        location: `${basic.url}/app.git`,
        world: { env: { PATH: cleanEnv()['PATH'], GIT_USERNAME: 'bob', GIT_PASSWORD: password } },
      },
      secrets: [password, encodeURIComponent(password)],
    }));
    for (const check of checks.filter(({ name }) => /secret|problem/.test(name)))
      test(check.name, async () => expect(await check.run()).toEqual({}));
  });

  it('does not give what was said to helpers that keep it', async () => {
    const home = { '/.gitconfig': '[credential]\n\thelper = store\n' };
    await using opened = await open(`${basic.url}/app.git`, {
      home,
      env: { GIT_USERNAME: username, GIT_PASSWORD: password },
    });
    expect(Object.keys(readTree(opened.world.home))).toEqual(['/.gitconfig']);
  });

  it('is refused with what is missing, and without the secret', async () => {
    expect(await refuses(basic)).toMatchObject({
      code: 'git-context/LOGIN_NEEDED',
      exit: 1,
      hint: expect.stringContaining('token-env') as string,
    });
    const wrong = await refuses(basic, { env: { GIT_USERNAME: username, GIT_PASSWORD: 'wr0ng-secret' } });
    expect(wrong).toMatchObject({
      code: 'git-context/LOGIN_REFUSED',
      message: expect.stringContaining('the password in GIT_PASSWORD') as string,
    });
    expect(`${wrong.message} ${String(wrong.stack)} ${JSON.stringify(wrong.facts)}`).not.toContain('wr0ng');
    expect(await refuses(basic, { git: { 'token-env': 'NOWHERE' } })).toMatchObject({
      code: 'git-context/VARIABLE_EMPTY',
      exit: 2,
    });
  });

  it('trusts an authority of its own, shows certificates, or trusts everybody when told to', async () => {
    const env = { GIT_TOKEN: token };
    expect(await opens(secure, { env, git: { ca: authority.caFile } })).toBe('trunk');
    expect(await opens(secure, { env, git: { 'insecure-skip-tls': 'true' } })).toBe('trunk');
    expect(await opens(secure, { env: { ...env, GIT_SSL_CAINFO: authority.caFile } })).toBe('trunk');
    expect(await refuses(secure, { env })).toMatchObject({ code: 'git-context/TLS_REFUSED' });
    const { certFile, keyFile } = await authority.issue('client', 'client');
    const own = { ca: authority.caFile, cert: certFile, key: keyFile };
    expect(await opens(mutual, { git: own })).toBe('trunk');
    expect((await refuses(mutual, { git: { ca: authority.caFile } })).code).toMatch(/TLS_REFUSED|NETWORK/);
    expect(await refuses(secure, { git: { ca: '/nowhere/ca.pem' } })).toMatchObject({
      code: 'git-context/FILE_MISSING',
    });
  });

  it('does not show a login to the host it is led to', async () => {
    const cases: readonly (readonly [GitHttpServer, OpenOptions])[] = [
      [basic, { env: { GIT_USERNAME: username, GIT_PASSWORD: password } }],
      [bearer, { env: { GIT_TOKEN: token }, git: { auth: 'bearer' } }],
      [secure, { env: { GIT_TOKEN: token }, git: { auth: 'bearer', ca: authority.caFile } }],
    ];
    for (const [server, options] of cases) {
      server.redirect('/moved.git', `${other.url}/app.git`);
      other.clearRequests();
      const location = `${server.url}/moved.git`;
      if (server === secure) await refusal(location, options);
      else expect(await stateOf(location, options)).toBe('trunk');
      expect(shownTo(other)).toEqual([]);
      // On the way to where it is asked for, and there, it is shown as ever.
      server.redirect('/moved.git', `${server.url}/app.git`);
      expect(await stateOf(location, options)).toBe('trunk');
      server.redirect('/moved.git', undefined);
    }
    // Where the other host asks for a login, ours is not the answer.
    other.redirect('/away.git', `${basic.url}/app.git`);
    basic.clearRequests();
    const led = await refusal(`${other.url}/away.git`, { env: { GIT_USERNAME: username, GIT_PASSWORD: password } });
    expect([led.code, shownTo(basic)]).toEqual(['git-context/LOGIN_REFUSED', []]);
  });

  it('takes other names of hosts from the configuration', async () => {
    const config = `[url "${other.url}/"]\n\tinsteadOf = https://code.example.test/\n`;
    expect(await stateOf('https://code.example.test/app.git', { home: { '/.gitconfig': config } })).toBe('trunk');
    const mirror = `[url "${repositories.root}/"]\n\tinsteadOf = https://code.example.test/\n`;
    expect(await stateOf('https://code.example.test/app.git', { home: { '/.gitconfig': mirror } })).toBe('trunk');
    expect(await opens(other, { env: { GIT_ALLOW_PROTOCOL: 'http' } })).toBe('trunk');
    expect(await refuses(other, { env: { GIT_ALLOW_PROTOCOL: 'https:ssh' } })).toMatchObject({
      code: 'git-context/GIT_FAILED',
      message: expect.stringContaining("'http' not allowed") as string,
    });
  });

  it('is tried again when the network or the server falters', async () => {
    other.fail(2, 503);
    expect(await opens(other)).toBe('trunk');
    await using proxy = await startFaultProxy(other.port, { failFirst: 1 });
    expect(await stateOf(`http://${proxy.host}/app.git`)).toBe('trunk');
    proxy.setRule({ refuse: true });
    expect(await refusal(`http://${proxy.host}/app.git`)).toMatchObject({ code: 'git-context/NETWORK' });
    expect(proxy.connections()).toBeGreaterThan(2);
  });

  it('is given up when nothing comes any more, and at once when the build is', async () => {
    await using proxy = await startFaultProxy(other.port, { stallAfter: 10 });
    const location = `http://${proxy.host}/app.git`;
    expect(await refusal(location, { git: { timeout: '0.5' } })).toMatchObject({
      code: 'git-context/STALLED',
      message: expect.stringContaining('0.5 s') as string,
    });
    await using world = gitWorld();
    const begun = proxy.connections();
    const opening = gitContext().contexts![0]!.open(requestOf(location), world);
    await waitFor('git to ask', () => (proxy.connections() > begun ? true : undefined));
    const aborted = performance.now();
    world.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    // Long before it would have been given up.
    expect(performance.now() - aborted).toBeLessThan(20_000);
  });
});
