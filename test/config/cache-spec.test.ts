import { describe, expect, test } from 'vitest';
import { cacheSpecs, parseCache } from '../../core/config/cache-spec.ts';
import { resolveConfig } from '../../core/config/resolve.ts';
import type { ConfigLayer } from '../../core/config/define.ts';

describe('caches as buildx spells them', () => {
  test.each([
    ['registry.example/app/cache', [{ type: 'registry', options: [['ref', 'registry.example/app/cache']] }]],
    [
      'a/b:1,c/d:2',
      [
        { type: 'registry', options: [['ref', 'a/b:1']] },
        { type: 'registry', options: [['ref', 'c/d:2']] },
      ],
    ],
    [
      'type=registry,ref=a/b,mode=max',
      [
        {
          type: 'registry',
          options: [
            ['ref', 'a/b'],
            ['mode', 'max'],
          ],
        },
      ],
    ],
    ['TYPE=local,SRC=/x', [{ type: 'local', options: [['src', '/x']] }]],
    ['type=local,"dest=/with, comma"', [{ type: 'local', options: [['dest', '/with, comma']] }]],
    ['type=s3,url=https://x/?a=b', [{ type: 's3', options: [['url', 'https://x/?a=b']] }]],
  ])('%s', (text, specs) => {
    expect(parseCache(text)).toEqual(specs);
  });

  test.each([
    ['ref=a/b', /it has no type/],
    ['type=', /it has no type/],
    ['type=local,/x', /"\/x" is no key=value/],
    ['=x', /"=x" is no key=value/],
    ['type=local,"dest=/x', /a quote is not closed/],
    ['', /is no key=value/],
    ['a/b,,c/d', /is no key=value/],
  ])('%s is refused', (text, message) => {
    expect(() => parseCache(text)).toThrow(message);
  });
});

describe('caches of config, environment and flags', () => {
  const place = { cwd: '/here', dir: '/project', host: { os: 'linux', architecture: 'amd64' } };
  const specs = (settings: ConfigLayer['settings'], env = {}, flags: readonly string[] = []) =>
    cacheSpecs(
      resolveConfig({
        base: { name: 'built in' },
        config: { file: 'build.config.ts', layer: { ...(settings && { settings }) } },
        env,
        settingFlags: flags.length > 0 ? [{ layer: '--cache-from', section: '', values: { cacheFrom: flags } }] : [],
      }).settings,
      place,
    ).from;

  test('may be objects', () => {
    expect(specs({ cacheFrom: [{ type: 'registry', ref: 'a/b', timeout: 5 }] })).toEqual([
      {
        type: 'registry',
        options: [
          ['ref', 'a/b'],
          ['timeout', '5'],
        ],
      },
    ]);
  });

  test('see paths from where they stand', () => {
    const own = { cacheFrom: ['type=local,src=.cache'] };
    const pathOf = ([spec]: ReturnType<typeof specs>) => spec!.options[0]![1];
    expect(pathOf(specs(own))).toBe('/project/.cache');
    expect(pathOf(specs({}, {}, ['type=local,src=.cache']))).toBe('/here/.cache');
    expect(pathOf(specs({}, { STRAKE_CACHE_FROM: 'type=local,src=.cache' }))).toBe('/here/.cache');
    expect(pathOf(specs({ cacheFrom: ['type=local,src=/abs'] }))).toBe('/abs');
  });

  test('of the environment take the place of those of the config; several have blanks between them', () => {
    expect(specs({ cacheFrom: ['a/b'] }, { STRAKE_CACHE_FROM: ' c/d  type=local,src=/x ' })).toEqual([
      { type: 'registry', options: [['ref', 'c/d']] },
      { type: 'local', options: [['src', '/x']] },
    ]);
  });

  test.each([
    [{ cacheFrom: 'a/b' }, /cacheFrom .*it must be a list/],
    [{ cacheFrom: [{ ref: 'a/b' }] }, /cacheFrom\[0\].*type/],
    [{ cacheFrom: [{ type: 'registry', ref: null }] }, /cacheFrom\[0\]/],
  ])('that are none are refused', (settings, message) => {
    expect(() => specs(settings as never)).toThrow(message);
  });
});
