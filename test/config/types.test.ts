import { expect, expectTypeOf, test } from 'vitest';
import type * as z from 'zod/mini';
import { defineConfig, definePreset, image, type ImageSettings, type SettledImage } from '../../core/config/define.ts';
import { run } from '../../core/config/prehooks.ts';
import { imageKeys } from '../../core/config/schema.ts';

/** Checked by the compiler; what runs here only shows that nothing is lost on the way. */
test('the schema takes what the types promise', () => {
  type Shapes = { [K in keyof typeof imageKeys]: z.infer<(typeof imageKeys)[K]['shape']> };
  expectTypeOf<Shapes['platforms']>().toExtend<SettledImage['platforms']>();
  expectTypeOf<Shapes['noCache']>().toExtend<SettledImage['noCache']>();
  expectTypeOf<Shapes['compression']>().toEqualTypeOf<SettledImage['compression']>();
  expectTypeOf<keyof Shapes>().toEqualTypeOf<keyof ImageSettings>();
  expect(Object.keys(imageKeys).length).toBeGreaterThan(10);
});

test('image(…) must name an image of the config', () => {
  const good = defineConfig({ images: { base: {}, api: { contexts: { base: image('base') } } } });
  // @ts-expect-error There is no "bse".
  const slip = defineConfig({ images: { base: {}, api: { contexts: { base: image('bse') } } } });
  const fromFunction = defineConfig(({ git }) => ({
    images: { base: { tags: [`base:${git.shortCommit}`] }, api: { contexts: { base: image('base') } } },
  }));
  expect([typeof good, typeof slip, typeof fromFunction]).toEqual(['object', 'object', 'function']);
});

test('keys and values are checked where they are written', () => {
  const acme = definePreset((options: { team: string }) => ({
    name: 'acme',
    defaults: { labels: { team: options.team } },
  }));
  const config = defineConfig({
    extends: [acme({ team: 'payments' }), false],
    images: {
      api: {
        tags: (inherited) => [...inherited, 'api:1'],
        prebuild: [run('make', { timeout: 60 })],
        target: undefined,
        // @ts-expect-error Not a setting.
        dockerfil: 'x',
      },
    },
  });
  // @ts-expect-error The team is missing.
  expect(() => acme({})).not.toThrow();
  expect(config).toHaveProperty('images.api');
});
