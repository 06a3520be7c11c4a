/** Contexts in the S3 of Swift: what is asked of the server, what befalls downloads, who may read. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contextSourceContract } from '../../../core/testing/index.ts';
import { s3Context } from '../../../plugins/s3-context/index.ts';
import { startServices } from '../../plugins/aws/fake-services.ts';
import { pass } from '../../plugins/cache-ground.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { writeTar, type TarItem } from '../../support/raw-tar.ts';
import { startFaultProxy, type FaultRule } from '../../support/servers/fault-proxy.ts';
import { s3Needs, startS3, type TestS3 } from '../../support/servers/s3.ts';
import { build, good, writeFiles } from '../e2e/scene.ts';
import { complaint, filesWith, s3Machine, watchCommandLines } from './scene.ts';

const { suite } = await requirements(import.meta.url, s3Needs);

const part = 16 << 20;
const app: readonly TarItem[] = [
  { path: 'Dockerfile', content: 'FROM scratch\nCOPY sub /sub\nCOPY --from=data a /a\n' },
  { path: 'sub/', type: 'directory' },
  { path: 'sub/file', content: 'hi' },
];
/** Several parts and a bit, of bytes that nothing packs. */
const bulk = randomBytes(3 * part - 20_000);

suite('a context in S3', () => {
  let s3: TestS3;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.createBucket('contexts');
    await s3.put('contexts', 'app.tar.gz', gzipSync(writeTar(app)));
    await s3.put('contexts', 'big.tar', writeTar([{ path: 'bulk', content: bulk }]));
  }, 120_000);
  afterEach(() => s3.intercept(undefined));
  afterAll(() => s3.stop());

  const ranges = () => s3.requests().map(({ headers, status }) => `${headers['range'] ?? ''} ${status}`);

  pass(
    'keeps its promises',
    contextSourceContract(() => ({
      plugin: s3Context({ endpoint: s3.endpoint }),
      world: { network: 'loopback', env: s3.environment() },
      good: 's3://contexts/app.tar.gz',
      holds: { '/Dockerfile': String(app[0]!.content), '/sub/file': 'hi' },
      missing: 's3://contexts/absent.tar.gz',
      secrets: [s3.keys.secret],
    })),
  );

  describe('is downloaded', () => {
    it('by several requests, each for a part of one and the same object', async () => {
      await using machine = await s3Machine(s3);
      await machine.open('s3://contexts/app.tar.gz');
      s3.clearRequests();
      const { tree } = await machine.open('s3://contexts/big.tar');
      expect(Buffer.compare(tree['/bulk'] as Uint8Array, bulk)).toBe(0);
      const asked = s3.requests().filter(({ status }) => status === 206);
      expect(asked.map(({ headers }) => Number(/=(\d+)-/.exec(headers['range']!)![1])).sort((a, b) => a - b)).toEqual(
        [0, 1, 2].map((at) => at * part),
      );
      expect(new Set(asked.slice(1).map(({ headers }) => headers['if-match']))).toEqual(
        new Set([expect.stringMatching(/^"[0-9a-f]{32}"$/)]),
      );
    });

    it('once: an object that did not change is asked about, and no more', async () => {
      await using machine = await s3Machine(s3);
      await s3.put('contexts', 'changing.tar', writeTar([{ path: 'f', content: 'first' }]));
      const first = await machine.open('s3://contexts/changing.tar');
      s3.clearRequests();
      expect(await machine.open('s3://contexts/changing.tar')).toEqual(first);
      expect(ranges()).toEqual(expect.arrayContaining([`bytes=0-${part - 1} 304`]));
      expect(s3.requests().filter(({ down, status }) => status < 400 && down > 0)).toEqual([]);
      await s3.put('contexts', 'changing.tar', writeTar([{ path: 'f', content: 'second' }]));
      const second = await machine.open('s3://contexts/changing.tar');
      expect(second.tree).toEqual({ '/f': 'second' });
      expect(second.revision).not.toBe(first.revision);
    });

    it('anew where it is replaced meanwhile', async () => {
      await using machine = await s3Machine(s3);
      await s3.put('contexts', 'replaced.tar', writeTar([{ path: 'bulk', content: bulk }]));
      let isReplaced = false;
      s3.intercept(async ({ headers }) => {
        if (isReplaced || !headers['if-match']) return undefined;
        isReplaced = true;
        await s3.put('contexts', 'replaced.tar', writeTar([{ path: 'f', content: 'new' }]));
        return undefined;
      });
      expect((await machine.open('s3://contexts/replaced.tar')).tree).toEqual({ '/f': 'new' });
      expect(isReplaced).toBe(true);
    });

    it('as a Dockerfile alone', async () => {
      await using machine = await s3Machine(s3);
      await s3.put('contexts', 'Dockerfile', 'FROM scratch\n');
      expect((await machine.open('s3://contexts/Dockerfile')).tree).toEqual({ '/Dockerfile': 'FROM scratch\n' });
    });
  });

  describe('where the line is bad', () => {
    async function over(rule: FaultRule): Promise<{ connections: number; down: number }> {
      // The proxy that records stands behind the one that breaks.
      await using proxy = await startFaultProxy(Number(new URL(s3.endpoint).port), rule);
      await using machine = await s3Machine(s3, { S3_ENDPOINT: `http://${proxy.host}` });
      s3.clearRequests();
      const { tree } = await machine.open('s3://contexts/big.tar');
      expect(Buffer.compare(tree['/bulk'] as Uint8Array, bulk)).toBe(0);
      return { connections: proxy.connections(), down: s3.requests().reduce((sum, { down }) => sum + down, 0) };
    }

    it('a part goes on where its connection was reset', async () => {
      const { connections } = await over({ resetAfter: 3 << 20, onlyFirst: 3 });
      expect(connections).toBeGreaterThan(3);
      const later = ranges().map((line) => Number(/=(\d+)-/.exec(line)?.[1]));
      expect(later.filter((start) => start % part > 0).length).toBeGreaterThanOrEqual(2);
    });

    it('every connection may break, as long as something comes', async () => {
      await over({ resetAfter: 4 << 20 });
    });

    it('connections that are refused at first are made again', async () => {
      await over({ failFirst: 2 });
    });

    it('a server that is too busy is asked again, after as long as it wants', async () => {
      await using machine = await s3Machine(s3);
      let refused = 0;
      const body = '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>';
      s3.intercept(() => (refused++ < 2 ? { status: 503, headers: { 'retry-after': '0' }, body } : undefined));
      expect((await machine.open('s3://contexts/app.tar.gz')).tree['/sub/file']).toBe('hi');
      s3.intercept(() => ({ status: 503, headers: { 'retry-after': '0' }, body }));
      expect(await complaint(machine.open('s3://contexts/app.tar.gz'))).toMatch(
        /^s3\/FAILING .*fails again and again: 503 SlowDown: Reduce your request rate\.$/,
      );
    });
  });

  describe('of another region', () => {
    it('is found as Swift tells it', async () => {
      await using machine = await s3Machine(s3, { AWS_REGION: 'eu-west-7' });
      expect((await machine.open('s3://contexts/app.tar.gz')).tree['/sub/file']).toBe('hi');
    });

    it('is found as Amazon tells it: by a redirect that names the region', async () => {
      await using machine = await s3Machine(s3, { AWS_REGION: 'eu-west-7' });
      const regions: string[] = [];
      s3.intercept(({ headers }) => {
        const region = /\/\d{8}\/([^/]+)\/s3\//.exec(headers['authorization'] ?? '')![1]!;
        regions.push(region);
        if (region === s3.region) return undefined;
        const body = '<Error><Code>PermanentRedirect</Code></Error>';
        return { status: 301, headers: { 'x-amz-bucket-region': s3.region }, body };
      });
      expect((await machine.open('s3://contexts/app.tar.gz')).tree['/sub/file']).toBe('hi');
      expect(regions[0]).toBe('eu-west-7');
      expect(new Set(regions.slice(1))).toEqual(new Set([s3.region]));
    });
  });

  describe('is refused', () => {
    it.each<[string, string, (server: TestS3) => Record<string, string>, RegExp]>([
      [
        'a wrong secret',
        'app.tar.gz',
        () => ({ AWS_SECRET_ACCESS_KEY: 'wrong' }),
        /^s3\/KEYS_REFUSED .*"test:tester": SignatureDoesNotMatch/,
      ],
      [
        'an unknown key',
        'app.tar.gz',
        () => ({ AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }),
        /^s3\/KEYS_REFUSED .*"AKIAUNKNOWN"/,
      ],
      [
        'somebody who may not',
        'app.tar.gz',
        ({ stranger }) => ({ AWS_ACCESS_KEY_ID: stranger.id, AWS_SECRET_ACCESS_KEY: stranger.secret }),
        /^s3\/DENIED .*the key "test:stranger" may not do that: AccessDenied/,
      ],
      ['nobody in particular', 'app.tar.gz', () => ({ AWS_ACCESS_KEY_ID: '' }), /^s3\/NO_CREDENTIALS /],
      ['an object that is not there', 'absent.tar', () => ({}), /^s3\/OBJECT_ABSENT s3:\/\/contexts\/absent\.tar /],
      ['an empty object', 'empty', () => ({}), /^context\/NOTHING_CAME /],
      ['a folder', 'folder/', () => ({}), /^s3-context\/PREFIX /],
      ['nothing but a bucket', '', () => ({}), /^s3-context\/LOCATION_INVALID .*it names a bucket alone/],
      ['a way out of the bucket', '../other/key', () => ({}), /^s3-context\/LOCATION_INVALID /],
      ['a server that is not there', 'app.tar.gz', () => ({ S3_ENDPOINT: 'http://127.0.0.1:1' }), /^HOST_UNREACHABLE /],
    ])('to %s', async (_, key, env, expected) => {
      await s3.put('contexts', 'empty', '');
      await using machine = await s3Machine(s3, env(s3));
      expect(await complaint(machine.open(`s3://contexts/${key}`))).toMatch(expected);
    });

    it('in a bucket that is not there', async () => {
      await using machine = await s3Machine(s3);
      expect(await complaint(machine.open('s3://absent-bucket/a'))).toMatch(
        /^s3\/BUCKET_ABSENT s3:\/\/absent-bucket\/a /,
      );
    });
  });

  describe('by the command', () => {
    it('is built, with named contexts and parts of contexts; the secret stands nowhere', async () => {
      await using world = await openStrake();
      await s3.put('contexts', 'data.tar', writeTar([{ path: 'deep/a', content: 'named' }]));
      const watch = watchCommandLines(world, s3.keys.secret);
      const data = 'data=s3://contexts/data.tar#:deep';
      const args = ['s3://contexts/app.tar.gz', '--build-context', data, '-o', 'type=local,dest=out'];
      const result = await build(world, args, { env: s3.environment() });
      const lines = watch.stop();
      expect(lines.seen).toBeGreaterThan(0);
      expect(lines.with).toEqual([]);
      expect(result.stdout + result.stderr).not.toContain(s3.keys.secret);
      expect(filesWith('named', world.work)).toHaveLength(1);
      expect(filesWith(s3.keys.secret, world.work, world.store, world.home, world.temp)).toEqual([]);
      await world.assertClean();
    });

    it('is the context of a config, with an endpoint there and keys of a profile', async () => {
      await using world = await openStrake();
      const { id, secret } = s3.keys;
      await writeFiles(world.home, {
        '.aws/config': `[profile builds]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
      });
      await writeFiles(world.work, {
        'build.config.ts': `
import { s3Context } from 'strake/plugins/s3-context';
export default {
  plugins: [s3Context({ endpoint: '${s3.endpoint}', profile: 'builds', parallel: 2 })],
  images: { app: { context: 's3://contexts/app.tar.gz', contexts: { data: 's3://contexts/data.tar#:deep' } } },
};
`,
      });
      await build(world, ['-o', 'type=local,dest=out']);
      expect(filesWith('named', join(world.work, 'out'))).toHaveLength(1);
    });

    it('is read with keys for the token of a workload', async () => {
      await using sts = await startServices({ keys: s3.keys, webToken: 'of-a-pod', expires: Date.now() + 3_600_000 });
      await using world = await openStrake();
      const token = join(world.work, 'token');
      await writeFile(token, 'of-a-pod');
      const env = {
        AWS_ROLE_ARN: 'arn:aws:iam::1:role/build',
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
        AWS_ENDPOINT_URL_STS: sts.url,
        S3_ENDPOINT: s3.endpoint,
        S3_FORCE_PATH_STYLE: 'true',
      };
      const args = ['s3://contexts/app.tar.gz', '--build-context', 'data=s3://contexts/data.tar#:deep', '-t', 'app'];
      const result = good(await world.strake(['build', ...args], { env }));
      expect(sts.asked.length).toBeGreaterThan(0);
      for (const text of [s3.keys.secret, 'token-of-a-session', 'of-a-pod'])
        expect(result.stdout + result.stderr).not.toContain(text);
    });

    it('that is refused says what to do, and not with which secret', async () => {
      await using world = await openStrake();
      const env = { ...s3.environment(), AWS_SECRET_ACCESS_KEY: 'a-wrong-secret' };
      const result = await world.strake(['build', 's3://contexts/app.tar.gz', '-t', 'app'], { env });
      expect(result.status).toBe(1);
      expect(result.stderr).toContain('s3/KEYS_REFUSED');
      expect(result.stderr).toContain('Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
      expect(result.stdout + result.stderr).not.toContain('a-wrong-secret');
      await world.assertClean();
    });
  });
});
