import { describe, expect, test } from 'vitest';
import { createBuilder, parseCache, type Plugin } from '../../../core/index.ts';
import { fakeWorld } from '../../../core/testing/index.ts';
import { directoryCaches } from '../../../plugins/directory-cache/index.ts';
import { registryCache, registryCaches } from '../../../plugins/registry-cache/index.ts';
import { settingsOfUse } from '../../../plugins/registry-cache/options.ts';

/** Names of the caches that `--cache-from` and `--cache-to` make. */
async function cachesOf(from: readonly string[], to: readonly string[] = [], plugins: readonly Plugin[] = []) {
  await using world = fakeWorld();
  const builder = createBuilder({
    world,
    plugins: [registryCaches(), directoryCaches(), ...plugins],
    cacheFrom: from.flatMap(parseCache),
    cacheTo: to.flatMap(parseCache),
  });
  return builder.installed.offers.caches;
}
const names = async (...args: Parameters<typeof cachesOf>) => (await cachesOf(...args)).map(({ name }) => name);

describe('--cache-from and --cache-to', () => {
  test('make one cache of what names one place', async () => {
    expect(await names(['a.example/c'], ['type=registry,ref=a.example/c:latest,mode=min'])).toEqual([
      'a.example/c:latest',
    ]);
    expect(await names(['type=local,src=/x'], ['type=local,dest=/x/'])).toEqual(['/x/']);
  });

  test('keep their order, read ones before those that are only written', async () => {
    const from = ['a.example/c', 'type=local,src=/x', 'b.example/c'];
    expect(await names(from, ['d.example/c', 'b.example/c'])).toEqual([
      'a.example/c:latest',
      '/x',
      'b.example/c:latest',
      'd.example/c:latest',
    ]);
  });

  test('come after the caches of plugins, and near ones before all', async () => {
    const near: Plugin = {
      name: 'near',
      caches: [{ name: 'near', near: true, find: async () => new Map(), save: async () => {} }],
    };
    const own = registryCache({ repository: 'own.example/c' });
    expect(await names(['a.example/c'], [], [own, near])).toEqual([
      'near',
      'own.example/c:latest',
      'a.example/c:latest',
    ]);
  });

  test('prune only what they may write', async () => {
    const [read] = await cachesOf(['a.example/c']);
    const [written] = await cachesOf([], ['a.example/c']);
    expect(read!.prune).toBeUndefined();
    expect(written!.prune).toBeDefined();
  });
});

describe('options', () => {
  test('of buildx, and ours', () => {
    const [to] = parseCache(
      'type=registry,ref=a.example/c:1,mode=min,image-manifest=true,oci-mediatypes=true,ignore-error=true,max-size=1.5GB,max-unused=2w',
    );
    const [from] = parseCache('type=registry,ref=a.example/c:1,max-age=336h,timeout=5');
    expect(settingsOfUse({ from: from!, to: to! })).toMatchObject({
      text: 'a.example/c:1',
      place: 'a.example/c',
      timeout: 5,
      policy: {
        reads: true,
        writes: true,
        mode: 'min',
        maxAge: 336 * 3_600_000,
        bounds: { maxBytes: 1.5e9, maxUnused: 14 * 86_400_000 },
      },
    });
  });

  test.each([
    ['type=registry', 'OPTIONS_INVALID', /ref {3}is missing/],
    ['type=registry,ref=a.example/c,mod=max', 'OPTIONS_INVALID', /options\.mod .*Did you mean "mode"\?/],
    ['type=registry,ref=a.example/c,mode=all', 'OPTIONS_INVALID', /options\.mode .*min or max/],
    ['type=registry,ref=a.example/c,max-age=soon', 'OPTIONS_INVALID', /options\.maxAge .*12h, 14d/],
    ['type=registry,ref=a.example/c,max-size=big', 'OPTIONS_INVALID', /options\.maxSize .*10GB/],
    ['type=registry,ref=a.example/c,ignore-error=false', 'OPTIONS_INVALID', /ignoreError .*can only be true/],
    ['type=registry,ref=A B', 'REFERENCE_INVALID', /A B/],
    [`type=registry,ref=a.example/c@sha256:${'0'.repeat(64)}`, 'registry-cache/DIGEST_WRITTEN', /never changes/],
    ['type=local,src=/x', 'directory-cache/PATH_MISSING', /dest=DIRECTORY/],
    ['type=local,dest=/x,reset=true', 'OPTIONS_INVALID', /options\.reset/],
    ['type=gha', 'CACHE_TYPE_UNKNOWN', /"gha"/],
    ['type=registri,ref=a.example/c', 'CACHE_TYPE_UNKNOWN', /registri/],
  ])('that make no sense are told at once: %s', async (text, code, message) => {
    await expect(cachesOf([], [text])).rejects.toMatchObject({
      code,
      exit: 2,
      message: expect.stringMatching(message),
    });
  });

  test('all mistakes are told together', async () => {
    await expect(cachesOf([], ['type=registry,ref=a.example/c,mode=x,max-age=y,z=1'])).rejects.toMatchObject({
      message: expect.stringContaining('3 things to fix'),
    });
  });

  test('of the plugin are checked as well', () => {
    expect(() => registryCache({ repository: 'a.example/c', maxAge: '1 day' })).toThrow(/options\.maxAge/);
    expect(() => registryCache({} as never)).toThrow(/options\.repository/);
  });
});
