/** Builds with a filled cache in S3, on machines that have nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { s3Needs, startS3, type TestS3 } from '../../support/servers/s3.ts';
import { buildOn, fixture, steps, type Built } from '../caches/scene.ts';
import { downloadedBlobs, good, writeFiles } from '../e2e/scene.ts';
import { filesWith, watchCommandLines } from './scene.ts';

const { suite } = await requirements(import.meta.url, [...s3Needs, 'mounts', 'docker-registry', 'busybox-static']);

suite('a filled cache in S3 and an empty store', () => {
  let s3: TestS3;
  let registry: TestRegistry;
  let first: Built;
  const image = () => ['-d', `${registry.host}/team/app:1`];
  const cache = () =>
    `type=s3,bucket=builds,prefix=app,region=us-east-1,endpoint_url=${s3.endpoint},use_path_style=true`;
  const from = () => ['--cache-from', cache()];
  const keys = () => ({ env: { AWS_ACCESS_KEY_ID: s3.keys.id, AWS_SECRET_ACCESS_KEY: s3.keys.secret } });
  const files = (changed: Readonly<Record<string, string>> = {}) => ({
    ...fixture(`${registry.host}/base/busybox`),
    ...changed,
  });
  const layersRead = () =>
    s3.requests().filter(({ method, path, down }) => method === 'GET' && path.includes('/blobs/sha256/') && down > 0);

  beforeAll(async () => {
    [s3, registry] = await Promise.all([startS3(), startRegistry()]);
    await s3.createBucket('builds');
    await (await busyboxBase()).pushTo(registry);
    await using world = await openStrake();
    const watch = watchCommandLines(world, s3.keys.secret);
    first = await buildOn(world, files(), [...image(), ...from(), '--cache-to', `${cache()},mode=max`], keys());
    // A RUN was among the steps: neither its process nor anything kept has the secret.
    expect(watch.stop().with).toEqual([]);
    expect(filesWith(s3.keys.secret, world.store, world.work, world.home, world.temp)).toEqual([]);
    expect([first.performed.length, first.notices]).toEqual([6, []]);
  });
  afterAll(async () => {
    await registry.stop();
    await s3.stop();
  });

  it('an unchanged build carries out no step, and reads no layer: the registry has them all', async () => {
    registry.clearRequests();
    s3.clearRequests();
    const again = await buildOn(undefined, files(), [...image(), ...from()], keys());
    expect(again).toMatchObject({ digest: first.digest, performed: [], notices: [] });
    expect(layersRead()).toEqual([]);
    // The config of the base is no layer.
    expect(downloadedBlobs(registry)).toHaveLength(1);
    // Two lists, a page of the catalog: the lists once more where the region had to be found out.
    expect(s3.requests().filter(({ status }) => status === 200).length).toBeLessThanOrEqual(4);
  });

  it('one changed file in the last COPY makes that layer alone, without a byte of the base', async () => {
    registry.clearRequests();
    s3.clearRequests();
    const changed = await buildOn(undefined, files({ late: 'changed' }), [...image(), ...from()], keys());
    expect(changed).toMatchObject({ performed: [steps.late], notices: [] });
    expect(layersRead()).toEqual([]);
    expect(downloadedBlobs(registry)).toHaveLength(1);
  });

  it('an image that goes to a file gets its layers from the bucket', async () => {
    const toFile = ['-o', 'type=oci,dest=../image.tar'];
    const whole = await buildOn(undefined, files(), [...toFile, ...from()], keys());
    expect(whole).toMatchObject({ digest: first.digest, performed: [], notices: [] });
    expect(layersRead().length).toBeGreaterThan(0);
  });

  it('a config names it, and the command lists and prunes it', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, {
      'build.config.ts': `
import { s3Cache } from 'strake/plugins/s3-cache';
export default { plugins: [s3Cache({ bucket: 'builds', prefix: 'app', endpoint: '${s3.endpoint}' })], images: { app: {} } };
`,
    });
    const ask = async (...args: string[]) => good(await world.strake(['cache', ...args], keys()));
    const listed = (await ask('ls', '--json')).json() as { cache: string; layers: { step: string }[] }[];
    const own = listed.find(({ cache: name }) => name === 's3://builds/app')!;
    expect(own.layers.map(({ step }) => step)).toEqual(expect.arrayContaining([steps.late, steps.made]));
    expect((await ask('du')).stdout).toMatch(/s3:\/\/builds\/app +\d+ +\d+/);
    expect((await ask('prune', '--all')).stdout).toMatch(/s3:\/\/builds\/app: \d+ layers gone/);
    expect(await s3.list('builds')).toEqual([]);
  });

  it('keys that are wrong cost a notice and no build', async () => {
    const wrong = { env: { ...keys().env, AWS_SECRET_ACCESS_KEY: 'a-wrong-secret' } };
    const built = await buildOn(undefined, files(), ['-t', 'app', ...from(), '--cache-to', cache()], wrong);
    expect(built.performed).toHaveLength(6);
    expect(built.notices).toEqual([expect.stringMatching(/^CACHE_UNAVAILABLE .*SignatureDoesNotMatch/)]);
    expect(built.notices.join()).not.toContain('a-wrong-secret');
  });

  it('a secret in the options is refused, and not repeated', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, files());
    const spec = `${cache()},access_key_id=AKIA,secret_access_key=written-secret`;
    const refused = await world.strake(['build', '.', '-t', 'app', '--cache-from', spec], keys());
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('s3-cache/SECRET_WRITTEN');
    expect(refused.stderr).not.toContain('written-secret');
  });
});
