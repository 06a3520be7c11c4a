/**
 * Contexts in Google Cloud Storage, from Google's own emulator, which checks no tokens: what stands before it lets in
 * whom the stand-ins of Google's token services know. Those are held against Google's own library here.
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contextSourceContract, tryPlugin, type FakeWorldOptions } from '../../../core/testing/index.ts';
import { gcsContext, type GcsContextOptions } from '../../../plugins/gcs-context/index.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { npmProgram } from '../../support/npm-programs.ts';
import { cleanEnv, run } from '../../support/process.ts';
import { startFaultProxy } from '../../support/servers/fault-proxy.ts';
import { startGcsEmulator, type GcsEmulator } from '../../support/servers/gcs-emulator.ts';
import { startGoogleIdentity, type GoogleIdentity } from '../../support/servers/google-identity.ts';
import {
  startRecordingProxy,
  type RecordedRequest,
  type RecordingProxy,
} from '../../support/servers/recording-proxy.ts';
import { dockerfile, expectNoSecrets, largeProject, arrives, project } from './cloud-scene.ts';

const { suite } = await requirements(import.meta.url, ['gcs-emulator']);

suite('Google Cloud Storage', () => {
  let emulator: GcsEmulator;
  let google: GoogleIdentity;
  let gate: RecordingProxy;
  let app: Awaited<ReturnType<typeof project>>;
  beforeAll(async () => {
    [emulator, google] = await Promise.all([startGcsEmulator(), startGoogleIdentity()]);
    gate = await startRecordingProxy({ upstreamPort: emulator.port });
    app = await project('one');
    await emulator.put('private', 'app/one.tar.gz', app.bytes);
    await emulator.put('private', 'context.tar.gz', app.bytes);
    await emulator.put('private', 'Dockerfile', Buffer.from('FROM scratch\nLABEL a=b\n'));
  });
  afterAll(async () => {
    await gate.stop();
    await emulator.stop();
    await google.stop();
  });

  /** As the service answers whom it does not know, and whom it knows and does not let in. */
  const guard = ({ headers }: RecordedRequest) =>
    google.lets(headers.authorization)
      ? undefined
      : headers.authorization === undefined
        ? error(401, 'Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object.')
        : error(401, 'Invalid Credentials');
  const error = (code: number, message: string) => ({
    status: code,
    body: JSON.stringify({ error: { code, message } }),
  });

  const emulated = (port = emulator.port): FakeWorldOptions => ({
    network: 'loopback',
    now: new Date(),
    env: { STORAGE_EMULATOR_HOST: `127.0.0.1:${port}` },
  });
  /** A world with a file of credentials, whose requests pass the gate. */
  const known = (credentials: object): FakeWorldOptions => ({
    network: 'loopback',
    now: new Date(),
    env: { GOOGLE_APPLICATION_CREDENTIALS: 'key.json' },
    files: { '/key.json': JSON.stringify(credentials), '/token': google.subjectToken },
  });
  const gated = (): GcsContextOptions => ({ endpoint: `http://127.0.0.1:${gate.port}/` });
  const good = 'gs://private/app/one.tar.gz';

  async function build(location: string, from: FakeWorldOptions, options: GcsContextOptions = {}) {
    await using bench = await tryPlugin(gcsContext(options), from);
    return await bench.build(location);
  }

  describe('the contract', () => {
    for (const check of contextSourceContract(() => {
      gate.intercept(guard);
      const common = { good, holds: app.image, missing: 'gs://private/nothing', secrets: google.secrets() };
      return { ...common, plugin: gcsContext(gated()), world: known(google.files.serviceAccount()) };
    }))
      test(check.name, async () => void (await check.run()));
  });

  describe('builds', () => {
    test('of a Dockerfile alone, a bucket alone, a part, one generation', async () => {
      const lone = await build('gs://private/Dockerfile', emulated());
      expect(lone.config.config.labels).toEqual([['a', 'b']]);
      expect((await build('gs://private', emulated())).files).toEqual(app.image);
      await using bench = await tryPlugin(gcsContext(), emulated());
      const part = await bench.build(`${good}#:sub`, { dockerfileText: dockerfile });
      expect(part.files).toEqual({ '/which': 'one' });
      const generation = await emulator.put('private', 'pinned', app.bytes);
      expect((await build(`gs://private/pinned#${generation}`, emulated())).files).toEqual(app.image);
    });

    test('within limits', async () => {
      await expect(build(good, emulated(), { limits: { entries: 1 } })).rejects.toMatchObject({
        code: 'ARCHIVE_LIMIT',
      });
    });

    test('of what was packed for the transfer besides', async () => {
      const query = new URLSearchParams({ uploadType: 'multipart', name: 'packed' });
      const part = (type: string, body: Buffer | string): Buffer =>
        Buffer.concat([Buffer.from(`--b\r\ncontent-type: ${type}\r\n\r\n`), Buffer.from(body), Buffer.from('\r\n')]);
      const metadata = JSON.stringify({ contentEncoding: 'gzip', name: 'packed' });
      const sent = await fetch(`${emulator.url}/upload/storage/v1/b/private/o?${query.toString()}`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/related; boundary=b' },
        body: Buffer.concat([
          part('application/json', metadata),
          part('application/octet-stream', gzipSync(app.bytes)),
          Buffer.from('--b--\r\n'),
        ]),
      });
      expect(await sent.json()).toMatchObject({ contentEncoding: 'gzip' });
      expect((await build('gs://private/packed', emulated())).files).toEqual(app.image);
    });
  });

  describe('who is let in', () => {
    test.each<[string, () => object]>([
      ['a service account', () => google.files.serviceAccount()],
      ['a person', () => google.files.user()],
      ['an external account', () => google.files.external({ file: 'TOKEN' })],
      ['an external account that impersonates', () => google.files.external({ file: 'TOKEN' }, true)],
    ])('%s', async (_, credentials) => {
      gate.intercept(guard);
      await using bench = await tryPlugin(gcsContext({ ...gated(), credentials: 'named.json' }), known({}));
      const text = JSON.stringify(credentials()).replace('TOKEN', join(bench.world.cwd, 'token'));
      await writeFile(join(bench.world.cwd, 'named.json'), text);
      const { files, events } = await bench.build(good);
      expect(files).toEqual(app.image);
      const folders = ['store', 'temp'].map((name) => join(bench.world.root, name));
      expectNoSecrets(google.secrets(), folders, JSON.stringify(events));
    });

    test('a machine of Google’s, and nobody asks its metadata server for what is public', async () => {
      const env = { STORAGE_EMULATOR_HOST: '', GCE_METADATA_HOST: google.host };
      gate.intercept(guard);
      const world: FakeWorldOptions = { network: 'loopback', now: new Date(), env };
      expect((await build(good, world, gated())).files).toEqual(app.image);
      gate.intercept(undefined);
      const before = google.requests().length;
      expect((await build(good, { network: 'loopback', now: new Date() }, gated())).files).toEqual(app.image);
      expect(google.requests()).toHaveLength(before);
    });

    test('an emulator is told nobody’s credentials', async () => {
      gate.intercept(undefined);
      gate.clearRequests();
      const { env, ...from } = known(google.files.serviceAccount());
      const emulator = { STORAGE_EMULATOR_HOST: `127.0.0.1:${gate.port}` };
      expect((await build(good, { ...from, env: { ...env, ...emulator } })).files).toEqual(app.image);
      expect(gate.requests().map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    });

    test('a token that is revoked on the way is replaced', async () => {
      let asked = 0;
      gate.intercept((request) => {
        if (++asked === 2) google.revoke();
        return guard(request);
      });
      expect((await build(good, known(google.files.serviceAccount()), gated())).files).toEqual(app.image);
      expect(asked).toBe(3);
    });
  });

  describe('the stand-ins', () => {
    // Its addresses for keys and people are fixed.
    test('let in whom Google’s own library speaks for', async () => {
      const program = await npmProgram('gcs');
      const library = createRequire(join(program, 'package.json')).resolve('google-auth-library');
      await using strake = await openStrake();
      await writeFile(join(strake.work, 'token'), google.subjectToken);
      const script = `
        const { GoogleAuth } = require(${JSON.stringify(library)});
        const scopes = ['https://www.googleapis.com/auth/devstorage.read_only'];
        (async () => {
          for (const credentials of JSON.parse(process.argv[1]))
            console.log(await new GoogleAuth({ credentials, scopes }).getAccessToken());
          console.log(await new GoogleAuth({ scopes }).getAccessToken());
        })();`;
      const files = [google.files.external({ file: 'token' }, false), google.files.external({ file: 'token' }, true)];
      const env = cleanEnv({
        HOME: strake.home,
        GCE_METADATA_HOST: google.host,
        METADATA_SERVER_DETECTION: 'assume-present',
      });
      const argv = [process.execPath, '-e', script, JSON.stringify(files)];
      const { stdout } = await run(argv, { cwd: strake.work, env });
      const tokens = stdout.trim().split('\n');
      expect(tokens.map((token) => google.lets(`Bearer ${token}`))).toEqual([true, true, true]);
    });
  });

  describe('an unchanged object', () => {
    test('is not fetched again, a changed one is', async () => {
      gate.intercept(undefined);
      await emulator.put('private', 'kept', app.bytes);
      await using bench = await tryPlugin(gcsContext(), emulated(gate.port));
      const asked = async () => {
        gate.clearRequests();
        const { files } = await bench.build('gs://private/kept');
        return { files, media: gate.requests().map(({ path }) => path.includes('alt=media')) };
      };
      expect(await asked()).toEqual({ files: app.image, media: [false, true] });
      expect(await asked()).toEqual({ files: app.image, media: [false] });
      const other = await project('other');
      await emulator.put('private', 'kept', other.bytes);
      expect(await asked()).toEqual({ files: other.image, media: [false, true] });
    });
  });

  describe('refusals', () => {
    const refused = (location: string, from: FakeWorldOptions, options?: GcsContextOptions) =>
      build(location, from, options).then(
        () => 'built',
        (failure: { code: string; message: string; hint?: string }) =>
          `${failure.code} ${failure.message} ${failure.hint ?? ''}`,
      );

    test('an object that is not there', async () => {
      expect(await refused('gs://private/a/nothing', emulated())).toBe(
        'gcs-context/OBJECT_MISSING There is no gs://private/a/nothing (asked with no credentials). What is there is listed by: gcloud storage ls gs://private/a/',
      );
    });

    test('a bucket that is not there', async () => {
      gate.intercept(() => error(404, 'The specified bucket does not exist.'));
      expect(await refused('gs://absent/a', emulated(gate.port))).toContain(
        'gcs-context/BUCKET_MISSING There is no bucket "absent"',
      );
    });

    test('nobody, where somebody is wanted', async () => {
      gate.intercept(guard);
      const text = await refused(good, { network: 'loopback' }, gated());
      expect(text).toMatch(/^gcs-context\/DENIED .*asked with no credentials.*gcloud auth application-default login/s);
    });

    test('somebody who may not', async () => {
      gate.intercept(() => error(403, 'ci@project does not have storage.objects.get access.'));
      const text = await refused(good, known(google.files.serviceAccount()), gated());
      expect(text).toMatch(/^gcs-context\/DENIED .*the service account ci@project.*Storage Object Viewer/s);
    });

    test('a service that stays busy', async () => {
      gate.intercept(() => ({ ...error(503, 'Backend Error'), headers: { 'retry-after': '0' } }));
      expect(await refused(good, emulated(gate.port))).toContain(
        'gcs-context/REFUSED gs://private/app/one.tar.gz: status 503: Backend Error',
      );
    });
  });

  describe('faults', () => {
    let large: Awaited<ReturnType<typeof largeProject>>;
    beforeAll(async () => {
      large = await largeProject();
      await emulator.put('private', 'large', large.bytes);
    });
    const fetched = (from: FakeWorldOptions): Promise<boolean> =>
      arrives(gcsContext(), 'gs://private/large', from, large.content);

    test('large objects come in ranges, each of the same generation', async () => {
      gate.intercept(undefined);
      gate.clearRequests();
      expect(await fetched(emulated(gate.port))).toBe(true);
      const media = gate.requests().filter(({ path }) => path.includes('alt=media'));
      expect(media.map(({ headers }) => headers.range)).toEqual([
        'bytes=0-8388607',
        'bytes=8388608-16777215',
        `bytes=16777216-${large.bytes.length - 1}`,
      ]);
      expect(new Set(media.map(({ path }) => /ifGenerationMatch=(\d+)/.exec(path)?.[1])).size).toBe(1);
    });

    test('a reset is resumed where it happened', async () => {
      await using faulty = await startFaultProxy(emulator.port, { resetAfter: 3 << 20, onlyFirst: 3 });
      expect(await fetched(emulated(faulty.port))).toBe(true);
      expect(faulty.connections()).toBeGreaterThan(3);
    });

    test.each([
      ['MD5', undefined],
      ['CRC-32C alone, as composed objects have it', 'md5Hash'],
    ])('a byte that was changed on the way is noticed by %s', async (_, without) => {
      const described = await fetch(`${emulator.url}/storage/v1/b/private/o/large`);
      const description = (await described.json()) as Record<string, string>;
      if (without !== undefined) delete description[without];
      const answer = { status: 200, body: JSON.stringify(description) };
      await using faulty = await startFaultProxy(emulator.port, { corruptAt: 5 << 20 });
      await using changed = await startRecordingProxy({ upstreamPort: faulty.port });
      for (const proxy of [gate, changed])
        proxy.intercept(({ path }) => (path.includes('alt=media') ? undefined : answer));
      expect(await fetched(emulated(gate.port))).toBe(true);
      await expect(fetched(emulated(changed.port))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    });

    test('an object that changes while it is read is read anew', async () => {
      const later = await project('later');
      let media = 0;
      gate.intercept(async ({ path }) => {
        if (path.includes('alt=media') && ++media === 2) await emulator.put('private', 'moving', later.bytes);
        return undefined;
      });
      await emulator.put('private', 'moving', large.bytes);
      const { files } = await build('gs://private/moving', emulated(gate.port), { parallel: 2 });
      expect(files).toEqual(later.image);
    });
  });

  describe('the command', () => {
    test('builds with STORAGE_EMULATOR_HOST, takes what is kept, says what is wrong', async () => {
      await using strake = await openStrake();
      const env = { STORAGE_EMULATOR_HOST: emulator.url };
      const args = ['build', good, '--progress', 'plain', '--output', 'type=local,dest=out'];
      expect(await strake.strake(args, { env })).toMatchObject({ status: 0 });
      expect(readFileSync(join(strake.work, 'out/sub/which'), 'utf8')).toBe('one');
      const failed = await strake.strake(['build', 'gs://private/nothing'], { env });
      expect(failed.status).toBe(2);
      expect(failed.stderr).toContain('The object does not exist');
      await strake.assertClean();
    });

    test('builds from a config with a key, and tells no secret', async () => {
      gate.intercept(guard);
      await using strake = await openStrake();
      await mkdir(join(strake.work, '.git'));
      await writeFile(join(strake.home, 'key.json'), JSON.stringify(google.files.serviceAccount()));
      const config = [
        `import { gcsContext } from 'strake/plugins/gcs-context';`,
        `export default { plugins: [gcsContext({ endpoint: 'http://127.0.0.1:${gate.port}' })],`,
        `  images: { app: { context: '${good}', outputs: ['type=local,dest=out'] } } };`,
      ].join('\n');
      await writeFile(join(strake.work, 'build.config.ts'), config);
      const env = { GOOGLE_APPLICATION_CREDENTIALS: join(strake.home, 'key.json') };
      const built = await strake.strake(['build', '--progress', 'json'], { env });
      expect(built).toMatchObject({ status: 0 });
      expect(readFileSync(join(strake.work, 'out/sub/which'), 'utf8')).toBe('one');
      const folders = [strake.store, strake.temp, strake.work];
      expectNoSecrets(google.secrets(), folders, built.stdout, built.stderr);
      await strake.assertClean();
    });
  });
});
