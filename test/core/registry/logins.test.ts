import { expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import { Secret } from '../../../core/base/secret.ts';
import type { CredentialProvider, Credentials } from '../../../core/contract/offers.ts';
import { digestOf } from '../../../core/base/digest.ts';
import { createAuthorizer } from '../../../core/registry/authorizer.ts';
import { createRegistry } from '../../../core/registry/client.ts';
import { createLogins } from '../../../core/registry/credentials.ts';
import { createEndpoints } from '../../../core/registry/endpoints.ts';
import { createExchange, type Call, type Exchange } from '../../../core/registry/exchange.ts';
import { scriptedServer, type Received, type ScriptedServer, type Script } from './scripted-server.ts';
import { loginAs, testWorld, type TestWorld } from './test-world.ts';

const policy = { attempts: 3, firstDelay: 5, longestDelay: 20 };

function exchangeFor(world: TestWorld, providers: readonly CredentialProvider[]): Exchange {
  const http = () => world.http();
  return createExchange({
    http,
    policyFor: () => ({ ...policy, signal: world.signal }),
    timeoutOf: () => undefined,
    signal: world.signal,
    endpoints: createEndpoints({ isInsecure: () => false, tlsOf: () => Promise.resolve(undefined) }),
    authorizer: createAuthorizer({
      http,
      policyFor: () => policy,
      timeoutOf: () => undefined,
      login: createLogins(providers, world),
    }),
    onPause: () => {},
  });
}

const pull = (host: string, repository = 'team/app', more: Partial<Call> = {}): Call => ({
  need: { registry: host, repository, actions: ['pull'] },
  what: 'reading',
  method: 'GET',
  target: 'manifests/1',
  accepts: [200],
  ...more,
});

/** A registry whose token service is itself, at /token; each token is used up after `uses` requests. */
async function tokenRegistry(options: { uses?: number; token?: Script } = {}): Promise<ScriptedServer> {
  const left = new Map<string, number>();
  let count = 0;
  const challenge = (host: string, response: ServerResponse) =>
    response
      .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="here"` })
      .end('{"errors":[{"code":"UNAUTHORIZED","message":"log in"}]}');
  return scriptedServer(async (request, response) => {
    if (request.path.startsWith('/token')) {
      if (options.token) return options.token(request, response);
      const token = `t${++count}`;
      left.set(token, options.uses ?? Infinity);
      return void response.end(JSON.stringify({ token, expires_in: 300 }));
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const uses = left.get(token) ?? 0;
    left.set(token, uses - 1);
    if (uses <= 0) return void challenge(request.headers.host!, response);
    response.end('fine');
  });
}

const tokensAsked = (server: ScriptedServer): Received[] =>
  server.received.filter(({ path }) => path.startsWith('/token'));

test('many requests at once learn together and ask for one token', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry();
  const exchange = exchangeFor(world, []);
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange.send(pull(server.host))));
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array(10).fill('fine'));
  expect(tokensAsked(server).map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /token?service=here&scope=repository%3Ateam%2Fapp%3Apull',
  ]);
  // One refusal in all: the others waited for what the first learned.
  expect(server.received).toHaveLength(12);
});

test('a token that ends in the middle is replaced, and the request goes on', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry({ uses: 2 });
  const exchange = exchangeFor(world, [loginAs('alice', 's3cret')]);
  for (let at = 0; at < 5; at++) await (await exchange.send(pull(server.host))).discard();
  expect(tokensAsked(server)).toHaveLength(3);
});

test('a request with a body sends it again after logging in', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry();
  const exchange = exchangeFor(world, []);
  const call = pull(server.host, 'team/app', { method: 'PUT', body: () => 'manifest' });
  await (await exchange.send(call)).discard();
  expect(server.received.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
    'manifest',
    'manifest',
  ]);
});

test('user and password go to the token service, and not to the registry', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry();
  await (await exchangeFor(world, [loginAs('alice', 's3cret')]).send(pull(server.host))).discard();
  const [asked] = tokensAsked(server);
  expect(asked?.path).toContain('account=alice');
  expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('alice:s3cret').toString('base64')}`);
  const others = server.received.filter((request) => request !== asked);
  expect(others.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer t1']);
});

test('an identity token is posted', async () => {
  await using world = testWorld();
  const answer: Script = (_, response) => void response.end('{"access_token":"t1"}');
  await using server = await tokenRegistry({ token: answer });
  const credentials: Credentials = { kind: 'refresh', token: new Secret('identity') };
  const provider = { name: 'helper', credentials: () => Promise.resolve(credentials) };
  await exchangeFor(world, [provider])
    .send(pull(server.host))
    .catch(() => {});
  const [asked] = tokensAsked(server);
  expect(asked?.method).toBe('POST');
  expect(Object.fromEntries(new URLSearchParams(asked?.body))).toMatchObject({
    grant_type: 'refresh_token',
    refresh_token: 'identity',
    service: 'here',
    scope: 'repository:team/app:pull',
  });
});

test('a push widens the scope, a mount adds the other repository, a narrower need uses the wider token', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry();
  const exchange = exchangeFor(world, []);
  const { host } = server;
  const send = async (need: Partial<Call['need']>) =>
    (
      await exchange.send(pull(host, 'a', { need: { registry: host, repository: 'a', actions: ['pull'], ...need } }))
    ).discard();
  await send({ actions: ['pull', 'push'] });
  await send({});
  await send({ actions: ['pull', 'push'], mountFrom: ['b'] });
  await send({ repository: 'b' });
  expect(tokensAsked(server).map(({ path }) => new URL(path, 'http://x').searchParams.getAll('scope'))).toEqual([
    ['repository:a:pull,push'],
    ['repository:a:pull,push', 'repository:b:pull'],
  ]);
});

test('basic logins and ready-made bearer tokens', async () => {
  await using world = testWorld();
  const wanted = [`Basic ${Buffer.from('alice:s3cret').toString('base64')}`];
  await using server = await scriptedServer(({ headers }, response) => {
    if (wanted.includes(headers.authorization ?? '')) response.end('fine');
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  expect((await exchangeFor(world, [loginAs('alice', 's3cret')]).send(pull(server.host))).status).toBe(200);
  const ready: Credentials = { kind: 'bearer', token: new Secret('ready') };
  for (const scheme of ['Basic', 'Bearer']) {
    // Nothing is exchanged for it, even where somebody offers.
    await using taking = await scriptedServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer ready') return void response.end('fine');
      response.writeHead(401, { 'www-authenticate': `${scheme} realm="http://${headers.host}/token"` }).end();
    });
    const exchange = exchangeFor(world, [{ name: 'x', credentials: () => Promise.resolve(ready) }]);
    expect((await exchange.send(pull(taking.host))).status).toBe(200);
    expect(tokensAsked(taking)).toEqual([]);
  }
  const denied = exchangeFor(world, [loginAs('alice', 'wrong-pass')]).send(pull(server.host));
  await expect(denied).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    facts: { repository: 'team/app', actions: ['pull'], who: 'alice (test-login)', anonymous: false },
  });
  await expect(denied).rejects.not.toThrow('wrong-pass');
  await expect(exchangeFor(world, []).send(pull(server.host))).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    facts: { who: 'no credentials' },
    hint: expect.stringContaining('docker login'),
  });
});

test('a token service that refuses is named', async () => {
  await using world = testWorld();
  await using server = await tokenRegistry({
    token: (_, response) => void response.writeHead(401).end('{"details":"incorrect username or password"}'),
  });
  await expect(exchangeFor(world, [loginAs('alice', 'x')]).send(pull(server.host))).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    message: expect.stringMatching(/token service 127.*401[^]*incorrect username or password/),
  });
});

test('429 with Retry-After waits as long as the registry says, 503 as long as we think, then it is fine', async () => {
  await using world = testWorld();
  const statuses = [429, 503, 200];
  await using server = await scriptedServer(
    (_, response) => void response.writeHead(statuses.shift()!, { 'retry-after': '0.4' }).end(),
  );
  const begun = performance.now();
  expect((await exchangeFor(world, []).send(pull(server.host))).status).toBe(200);
  expect(performance.now() - begun).toBeGreaterThan(790);
});

test('what lasts too long or too often is told', async () => {
  await using world = testWorld();
  await using limited = await scriptedServer(
    (_, response) => void response.writeHead(429, { 'retry-after': '7200' }).end(),
  );
  await expect(exchangeFor(world, []).send(pull(limited.host))).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    facts: { wait: 7_200_000 },
  });
  expect(limited.received).toHaveLength(1);
  await using broken = await scriptedServer(
    (_, response) => void response.writeHead(500).end('{"errors":[{"code":"UNKNOWN","message":"disk full"}]}'),
  );
  await expect(exchangeFor(world, []).send(pull(broken.host))).rejects.toMatchObject({
    code: 'REGISTRY_REFUSED',
    facts: { status: 500, diagnostics: ['UNKNOWN: disk full'] },
  });
  expect(broken.received).toHaveLength(3);
});

test('a refusal that will not change is not tried again', async () => {
  await using world = testWorld();
  await using server = await scriptedServer(
    (_, response) => void response.writeHead(400, { 'docker-distribution-api-version': 'registry/2.0' }).end('no'),
  );
  await expect(exchangeFor(world, []).send(pull(server.host))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  expect(server.received).toHaveLength(1);
});

test('a registry that is not there is told as such, with what was wanted', async () => {
  await using world = testWorld();
  await expect(exchangeFor(world, []).send(pull('127.0.0.1:1'))).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: 'reading: no answer from 127.0.0.1:1. No connection to 127.0.0.1:1: nothing listens there.',
  });
});

test('credentials do not follow an upload to another server', async () => {
  await using world = testWorld();
  await using other = await scriptedServer((_, response) => void response.end());
  await using server = await tokenRegistry();
  const exchange = exchangeFor(world, [loginAs('alice', 's3cret')]);
  await (await exchange.send(pull(server.host))).discard();
  await (await exchange.send(pull(server.host, 'team/app', { target: new URL('/elsewhere', other.url) }))).discard();
  expect(other.received[0]?.headers.authorization).toBeUndefined();
});

test('what a registry asks for beyond our need is asked of the token service', async () => {
  await using world = testWorld();
  await using server = await scriptedServer(({ path, headers }, response) => {
    if (path.startsWith('/token')) return void response.end('{"token":"t"}');
    if (headers.authorization === 'Bearer t') return void response.end();
    const challenge = `Bearer realm="http://${headers.host}/token",scope="repository:team/app:pull,metadata"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  await (await exchangeFor(world, []).send(pull(server.host))).discard();
  expect(tokensAsked(server)[0]?.path).toBe('/token?scope=repository%3Ateam%2Fapp%3Ametadata%2Cpull');
});

test('an upload whose token ends between its requests is sent again with a new one', async () => {
  await using world = testWorld();
  const blob = { mediaType: 'x', digest: digestOf('content'), size: 7 };
  let tokens = 0;
  let refusedPut = false;
  await using server = await scriptedServer(({ method, path, headers }, response) => {
    if (path.startsWith('/token')) return void response.end(JSON.stringify({ token: `t${++tokens}`, expires_in: 300 }));
    const ended = method === 'PUT' && headers.authorization === 'Bearer t1';
    if (headers.authorization === undefined || ended) {
      refusedPut ||= ended;
      return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end();
    }
    if (method === 'HEAD') return void response.writeHead(404).end();
    if (method === 'POST')
      return void response.writeHead(202, { location: '/v2/a/blobs/uploads/1?_state=x%2Fy~%20z' }).end();
    response.writeHead(201).end();
  });
  const registry = createRegistry({ world, credentials: [] });
  const source = {
    mountFrom: [],
    async *open() {
      yield Buffer.from('content');
    },
  };
  expect(await registry.pushBlob(`${server.host}/a`, blob, source)).toBe('uploaded');
  expect(refusedPut).toBe(true);
  const puts = server.received.filter(({ method }) => method === 'PUT');
  expect(puts.map(({ headers, body }) => [headers.authorization, body])).toEqual([
    ['Bearer t1', 'content'],
    ['Bearer t2', 'content'],
  ]);
  // The registry's own part of the query stays as it was.
  expect(puts[0]?.path).toBe(`/v2/a/blobs/uploads/1?_state=x%2Fy~%20z&digest=${encodeURIComponent(blob.digest)}`);
});

test('a registry where nothing listens is told at once, one that has answered is waited for', async () => {
  await using world = testWorld();
  const exchange = exchangeFor(world, []);
  const server = await scriptedServer((_, response) => void response.end());
  const { host } = server;
  await (await exchange.send(pull(host))).discard();
  await server[Symbol.asyncDispose]();
  const http = await world.http();
  let requests = 0;
  world.http = () => Promise.resolve({ request: (request) => (requests++, http.request(request)) });
  await expect(exchange.send(pull(host))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(requests).toBe(policy.attempts);
  requests = 0;
  await expect(exchange.send(pull('127.0.0.1:1'))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  // In the clear and, as it is this machine, over TLS.
  expect(requests).toBe(2);
});

test('credentials that end are asked for again a minute before, by as many as want them at once', async () => {
  await using world = testWorld();
  let now = 0;
  Object.assign(world, { now: () => new Date(now) });
  let asked = 0;
  const provider: CredentialProvider = {
    name: 'cloud',
    credentials: async () => {
      const password = new Secret(`word ${++asked}`);
      return { kind: 'basic', username: 'u', password, from: 'the machine', expires: new Date(now + 3_600_000) };
    },
  };
  const login = createLogins([provider], world);
  const need = { registry: 'r.example', repository: 'a', actions: ['pull'] } as const;
  const words = async (count: number): Promise<unknown[]> =>
    (await Promise.all(Array.from({ length: count }, () => login(need)))).map(({ credentials, who }) => [
      credentials?.kind === 'basic' && credentials.password.reveal(),
      who,
    ]);
  const first = ['word 1', 'u (cloud, the machine)'];
  expect(await words(2)).toEqual([first, first]);
  now = 3_600_000 - 60_001;
  expect(await words(1)).toEqual([first]);
  now += 2;
  const second = ['word 2', first[1]];
  expect(await words(3)).toEqual([second, second, second]);
});

test('what the provider of a login advises is what a refusal advises', async () => {
  await using world = testWorld();
  await using server = await scriptedServer(
    (_, response) => void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  );
  const credentials: Credentials = {
    kind: 'basic',
    username: 'AWS',
    password: new Secret('p'),
    ifDenied: 'Ask for the role.',
  };
  const provider = { name: 'cloud', credentials: () => Promise.resolve(credentials) };
  await expect(exchangeFor(world, [provider]).send(pull(server.host))).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    hint: 'Ask for the role.',
  });
});
