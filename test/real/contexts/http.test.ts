/** Contexts from web servers: nginx of Debian, and a strict server for what nginx does not do. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import type { BuildError, Pairs } from '../../../core/index.ts';
import { contextSourceContract, readTree, type FakeWorldOptions, type Tree } from '../../../core/testing/index.ts';
import { httpContext } from '../../../plugins/http-context/index.ts';
import { contextGround, type ContextGround } from '../../plugins/contexts/ground.ts';
import { requirements } from '../../support/needs.ts';
import { startFaultProxy, type FaultProxy, type FaultRule } from '../../support/servers/fault-proxy.ts';
import { startFileServer } from '../../support/servers/file-server.ts';
import { startWebServer, webUser, type WebServer } from '../../support/servers/web-server.ts';
import { writeTar } from '../../support/raw-tar.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'nginx', 'apache2-utils', 'openssl']);

const megabyte = 1 << 20;
const tree: Tree = { '/Dockerfile': 'FROM scratch\n', '/src/a': 'hi' };
const archive = writeTar([
  { path: 'Dockerfile', content: 'FROM scratch\n' },
  { path: 'src/a', content: 'hi' },
]);
const big = randomBytes(5 * megabyte);
const bigArchive = writeTar([{ path: 'big', content: big }]);
const { username, password } = webUser;

let web: WebServer;
let ground: ContextGround;

const options = (more: Readonly<Record<string, string>> = {}): { options: Pairs } => ({
  options: Object.entries({ ca: web.authority.caFile, ...more }).map(([name, value]) => [`http.${name}`, value]),
});
const openGround = (more: FakeWorldOptions = {}): Promise<ContextGround> =>
  contextGround(httpContext(), {
    network: 'loopback',
    ...more,
    env: { STORED: password, TOKEN: 't0ken', ...more.env },
  });
const problemOf = (work: Promise<unknown>): Promise<BuildError> =>
  work.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as BuildError,
  );
suite('a context on a web server', () => {
  beforeAll(async () => {
    web = await startWebServer();
    for (const folder of ['', 'private/', 'bare/', 'whole/', 'slow/']) await web.put(`${folder}app.tar`, archive);
    for (const folder of ['', 'bare/', 'whole/']) await web.put(`${folder}big.tar`, bigArchive);
    await web.put('Dockerfile', 'FROM scratch\n');
  });
  afterAll(() => web?.stop());
  beforeEach(async () => {
    ground = await openGround();
  });
  afterEach(() => ground[Symbol.asyncDispose]());

  describe('who asks', () => {
    it('anybody, over TLS with an authority of its own', async () => {
      expect(await ground.files(`${web.url}/app.tar`, options())).toEqual(tree);
      const unknown = await problemOf(ground.open(`${web.url}/app.tar`));
      expect(unknown).toMatchObject({ code: 'http-context/UNTRUSTED', exit: 1 });
      expect(unknown.hint).toContain('--http ca=FILE');
      const insecure = { options: [['http.insecure-skip-tls', 'true']] as Pairs };
      expect(await ground.files(`${web.url}/app.tar`, insecure)).toEqual(tree);
    });

    it.each([
      ['by options', () => ({ location: '', more: { username, 'password-env': 'STORED' } })],
      ['in the location', () => ({ location: `${username}:${password}@`, more: {} })],
    ])('a user with a password, %s', async (_, said) => {
      const { location, more } = said();
      const at = web.url.replace('//', `//${location}`);
      const context = await ground.open(`${at}/private/app.tar`, options(more));
      expect(readTree(context.root)).toEqual(tree);
      expect(context.label).toBe(`the context ${web.url}/private/app.tar`);
    });

    it('a user of .netrc', async () => {
      const home = { '/.netrc': `machine localhost login ${username} password ${password}\n` };
      await using other = await openGround({ home });
      expect(await other.files(`${web.url}/private/app.tar`, options())).toEqual(tree);
    });

    it('nobody, or the wrong one, is denied', async () => {
      const place = `${web.url}/private/app.tar`;
      const nobody = await problemOf(ground.open(place, options()));
      expect(nobody).toMatchObject({ code: 'http-context/DENIED', facts: { status: 401, who: 'without a login' } });
      expect(nobody.hint).toContain('password-env');
      const wrong = await problemOf(ground.open(place, options({ username: 'bob', 'password-env': 'STORED' })));
      expect(wrong).toMatchObject({ code: 'http-context/DENIED', facts: { who: 'as bob' } });
      expect(`${wrong.message} ${wrong.hint}`).not.toContain(password);
    });

    it('whoever has a certificate', async () => {
      const { certFile: cert, keyFile: key } = web.client;
      expect(await ground.files(`${web.mutualUrl}/app.tar`, options({ cert, key }))).toEqual(tree);
      const without = await problemOf(ground.open(`${web.mutualUrl}/app.tar`, options()));
      expect(without).toMatchObject({ code: 'http-context/REFUSED', facts: { status: 400 } });
      expect(without.hint).toContain('cert=FILE');
    });

    it('whoever has a token', async () => {
      await using server = await startFileServer(archive, { token: 't0ken' });
      expect(await ground.files(server.url, options({ 'token-env': 'TOKEN' }))).toEqual(tree);
      expect(await problemOf(ground.open(server.url))).toMatchObject({ code: 'http-context/DENIED' });
      const unset = await problemOf(ground.open(server.url, options({ 'token-env': 'ABSENT' })));
      expect(unset).toMatchObject({ code: 'http-context/OPTION', exit: 2 });
      expect(unset.message).toContain('the variable ABSENT is not set');
    });

    it('and no other server learns of it', async () => {
      await using target = await startFileServer(archive, { anonymous: true });
      const headers = { location: target.url };
      await using server = await startFileServer(archive, { token: 't0ken', answers: [{ status: 302, headers }] });
      expect(await ground.files(server.url, options({ 'token-env': 'TOKEN' }))).toEqual(tree);
      expect(target.requests()).toEqual(['GET 200']);
    });
  });

  describe('what is asked for', () => {
    it('a Dockerfile alone, and where a redirect leads', async () => {
      const alone = await ground.open(`${web.url}/Dockerfile`, options());
      expect(alone.dockerfile).toBe('Dockerfile');
      expect(await ground.files(`${web.plainUrl}/elsewhere/app.tar`, options())).toEqual(tree);
    });

    it('what is not there is named', async () => {
      const absent = await problemOf(ground.open(`${web.url}/absent.tar`, options()));
      expect(absent).toMatchObject({ code: 'http-context/NOT_FOUND', facts: { status: 404 } });
      const repository = await problemOf(ground.open(`${web.url}/team/app`, options()));
      expect(repository.hint).toContain('git+https://');
    });

    it('only bytes with the right checksum', async () => {
      const checksum = digestOf(archive);
      expect(await ground.files(`${web.url}/app.tar`, options({ checksum }))).toEqual(tree);
      const wrong = await problemOf(ground.open(`${web.url}/app.tar`, options({ checksum: digestOf('x') })));
      expect(wrong).toMatchObject({ code: 'http-context/CHECKSUM', facts: { actual: checksum } });
      expect(ground.left()).toEqual([]);
      expect(await problemOf(ground.open(`${web.url}/app.tar`, options({ checksum: 'md5:0' })))).toMatchObject({
        code: 'http-context/OPTION',
      });
    });
  });

  describe('what is kept', () => {
    const newRequests = async (work: () => Promise<unknown>): Promise<string[]> => {
      const before = (await web.requests()).length;
      await work();
      return (await web.requests()).slice(before);
    };

    it('is not sent again while it is the same', async () => {
      const first = await ground.open(`${web.url}/app.tar`, options());
      expect(first.revision).toMatch(/^[0-9a-f-]+$/);
      const asked = await newRequests(async () => {
        expect((await ground.open(`${web.url}/app.tar`, options())).root).toBe(first.root);
      });
      expect(asked).toEqual(['GET /app.tar 304 -']);
    });

    it('is sent again when it is another one', async () => {
      await using server = await startFileServer(archive);
      const first = await ground.open(server.url);
      server.put(writeTar([{ path: 'other', content: 'x' }]));
      expect(await ground.files(server.url)).toEqual({ '/other': 'x' });
      await ground.open(server.url);
      expect(server.requests()).toEqual(['GET 200', 'GET 200', 'GET 304']);
      // Whoever still reads the first one can.
      expect(readTree(first.root)).toEqual(tree);
    });

    it('is the same file whoever signed its name', async () => {
      await using server = await startFileServer(archive);
      const names = ['?file=a&X-Amz-Signature=1', '?file=a&X-Amz-Signature=2', '?file=b'];
      for (const name of names) await ground.open(`${server.url}${name}`);
      expect(server.requests()).toEqual(['GET 200', 'GET 304', 'GET 200']);
    });

    it('is not even asked for where its checksum is given', async () => {
      const location = `${web.url}/app.tar`;
      const checksum = digestOf(archive);
      await ground.open(location, options());
      expect(await newRequests(() => ground.open(location, options({ checksum })))).toEqual(['GET /app.tar 200 -']);
      expect(await newRequests(() => ground.open(location, options({ checksum })))).toEqual([]);
    });

    it('is nothing of a server that does not say what it sends', async () => {
      await ground.open(`${web.url}/bare/app.tar`, options());
      expect(await newRequests(() => ground.open(`${web.url}/bare/app.tar`, options()))).toEqual([
        'GET /bare/app.tar 200 -',
      ]);
    });
  });

  describe('a bad line', () => {
    const over = async (rule: FaultRule, port = web.plainPort): Promise<FaultProxy> => startFaultProxy(port, rule);
    const bigOf = async (location: string, more = options()): Promise<boolean> =>
      ((await ground.files(location, more))['/big'] as Uint8Array | undefined)?.length === big.length;

    it('is gone on with where it broke', async () => {
      await using proxy = await over({ resetAfter: 2 * megabyte });
      const { root } = await ground.open(`http://${proxy.host}/big.tar`, options({ checksum: digestOf(bigArchive) }));
      expect(readdirSync(root)).toEqual(['big']);
      const ranges = (await web.requests()).filter((line) => line.includes('bytes='));
      expect(ranges.length).toBeGreaterThan(1);
      expect(ranges.every((line) => line.startsWith('GET /big.tar 206'))).toBe(true);
      const offsets = ranges.map((line) => Number(/bytes=(\d+)-$/.exec(line)?.[1]));
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    });

    it('is begun anew where nobody vouches for the rest, or for ranges', async () => {
      await using proxy = await over({ resetAfter: 2 * megabyte, onlyFirst: 1 });
      expect(await bigOf(`http://${proxy.host}/bare/big.tar`)).toBe(true);
      proxy.setRule({ resetAfter: 2 * megabyte, onlyFirst: 1 });
      expect(await bigOf(`http://${proxy.host}/whole/big.tar`)).toBe(true);
      await using weak = await startFileServer(bigArchive, { weak: true });
      await using weakProxy = await over({ resetAfter: 2 * megabyte, onlyFirst: 1 }, weak.port);
      expect(await bigOf(`http://${weakProxy.host}/file`)).toBe(true);
    });

    it('never makes one file of two', async () => {
      await using server = await startFileServer(
        writeTar([{ path: 'big', content: Buffer.alloc(5 * megabyte, 'old') }]),
      );
      await using proxy = await over({ stallAfter: 2 * megabyte, onlyFirst: 1 }, server.port);
      const opening = ground.files(`http://${proxy.host}/file`, options({ timeout: '0.3' }));
      await expect.poll(server.requests).toHaveLength(1);
      server.put(bigArchive);
      const files = await opening;
      expect(Buffer.from(files['/big'] as Uint8Array).equals(big)).toBe(true);
      // The rest of the old one is refused, and all of the new one fetched.
      expect(server.requests()).toEqual(['GET 200', 'GET 200', 'GET 200']);
    });

    it('that stalls is given up after the time that was said', async () => {
      await using proxy = await over({ stallAfter: megabyte, onlyFirst: 1 });
      expect(await bigOf(`http://${proxy.host}/big.tar`, options({ timeout: '0.3' }))).toBe(true);
      expect(proxy.connections()).toBe(2);
    });

    it('that changes bytes is found out', async () => {
      await using proxy = await over({ corruptAt: 3 * megabyte });
      const checksum = digestOf(bigArchive);
      const refused = await problemOf(ground.open(`http://${proxy.host}/big.tar`, options({ checksum })));
      expect(refused).toMatchObject({ code: 'http-context/CHECKSUM', exit: 1 });
      expect(ground.left()).toEqual([]);
    });

    it('that never gets further is given up', async () => {
      await using proxy = await over({ resetAfter: 300 });
      const refused = await problemOf(ground.open(`http://${proxy.host}/bare/big.tar`, options()));
      expect(refused.code).toMatch(/UNSTEADY|BROKEN_OFF|CONNECTION_LOST/);
      expect(ground.left()).toEqual([]);
    });

    it('is left at once when the build ends', async () => {
      await using proxy = await over({ stallAfter: megabyte });
      const opening = problemOf(ground.open(`http://${proxy.host}/big.tar`, options()));
      await expect.poll(() => proxy.connections()).toBe(1);
      ground.world.abort(new Error('stopped'));
      expect(await opening).toMatchObject({ message: 'stopped' });
      expect(ground.left()).toEqual([]);
    });
  });

  describe('a busy server', () => {
    it('is asked again when it said so', async () => {
      await fetch(`${web.plainUrl}/slow/app.tar`);
      const begun = performance.now();
      expect(await ground.files(`${web.plainUrl}/slow/app.tar`)).toEqual(tree);
      expect(performance.now() - begun).toBeGreaterThan(300);
      expect((await web.requests()).filter((line) => line.includes('slow')).map((line) => line.split(' ')[2])).toEqual([
        '200',
        '429',
        '200',
      ]);
    });

    it('that wants too much patience is not waited for', async () => {
      const answers = [{ status: 503, headers: { 'retry-after': '3600' } }];
      await using server = await startFileServer(archive, { answers });
      const refused = await problemOf(ground.open(server.url));
      expect(refused).toMatchObject({ code: 'http-context/REFUSED', facts: { status: 503, wait: 3600 } });
      expect(server.requests()).toEqual(['GET 503']);
    });

    it('is not asked again for what it refuses for good', async () => {
      await using server = await startFileServer(archive, { answers: [{ status: 418 }] });
      expect(await problemOf(ground.open(server.url))).toMatchObject({ facts: { status: 418 } });
      expect(server.requests()).toEqual(['GET 418']);
    });
  });

  describe('keeps the promises of contexts', () => {
    const checks = contextSourceContract(() => ({
      plugin: httpContext(),
      world: { network: 'loopback', env: { SSL_CERT_FILE: web.authority.caFile } },
      good: new URL(`${web.url.replace('//', `//${username}:${password}@`)}/private/app.tar`),
      holds: tree,
      missing: new URL(`${web.url}/absent.tar`),
      secrets: [password, Buffer.from(`${username}:${password}`).toString('base64')],
    }));
    for (const check of checks)
      it(check.name, async (context) => {
        const { skipped } = await check.run();
        if (skipped !== undefined) await context.annotate(skipped);
      });
  });
});
