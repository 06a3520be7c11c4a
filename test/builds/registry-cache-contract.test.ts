import { afterAll, beforeAll } from 'vitest';
import { cacheContract, fakeRegistry, type FakeRegistry } from '../../core/testing/index.ts';
import { registryCache } from '../../plugins/registry-cache/index.ts';
import { pass } from '../plugins/cache-ground.ts';

let registry: FakeRegistry;
let count = 0;
beforeAll(async () => {
  registry = await fakeRegistry();
});
afterAll(() => registry[Symbol.asyncDispose]());

pass(
  'a cache in a registry',
  cacheContract(() => ({
    plugin: registryCache({ repository: `${registry.host}/cache-${++count}` }),
    shared: true,
    broken: registryCache({ repository: '127.0.0.1:1/cache' }),
    world: { network: 'loopback' },
  })),
);
