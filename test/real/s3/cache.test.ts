/** A bucket that machines share: the promises of the contract, machines that have nothing, and what befalls objects. */
import { afterAll, beforeAll } from 'vitest';
import { cacheContract } from '../../../core/testing/index.ts';
import { s3Cache } from '../../../plugins/s3-cache/index.ts';
import { pass } from '../../plugins/cache-ground.ts';
import { requirements } from '../../support/needs.ts';
import { s3Needs, startS3, type TestS3 } from '../../support/servers/s3.ts';

const { suite } = await requirements(import.meta.url, s3Needs);

suite('a cache in a bucket', () => {
  let s3: TestS3;
  let count = 0;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.createBucket('contract');
  }, 60_000);
  afterAll(() => s3.stop());

  pass(
    'keeps its promises',
    cacheContract(() => ({
      plugin: s3Cache({ bucket: 'contract', prefix: `${++count}`, endpoint: s3.endpoint }),
      shared: true,
      broken: s3Cache({ bucket: 'contract', endpoint: 'http://127.0.0.1:1' }),
      world: { network: 'loopback', env: s3.environment() },
    })),
  );
});
