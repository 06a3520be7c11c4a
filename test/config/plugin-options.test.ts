import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { BuildError, pluginOptions, type OptionsSchema } from '../../core/index.ts';

const full = z.strictObject({
  region: z.string().min(1),
  retries: z.number().int().min(1).max(9).default(3),
  style: z.enum(['path', 'virtual']).optional(),
  parts: z.array(z.number()).optional(),
  tls: z.strictObject({ ca: z.string() }).optional(),
});
const small = mini.strictObject({
  region: mini.string().check(mini.minLength(1)),
  retries: mini._default(mini.int().check(mini.minimum(1), mini.maximum(9)), 3),
  style: mini.optional(mini.enum(['path', 'virtual'])),
  parts: mini.optional(mini.array(mini.number())),
  tls: mini.optional(mini.strictObject({ ca: mini.string() })),
});

describe.each([
  ['zod', full],
  ['zod/mini', small],
] as [string, OptionsSchema<z.infer<typeof full>>][])('with %s', (_, schema) => {
  test('what is right comes back with its defaults', () => {
    expect(pluginOptions(schema, { region: 'eu' }, 's3-context')).toEqual({ region: 'eu', retries: 3 });
  });

  test('all mistakes come at once, as those of the config do', () => {
    const wrong = { regoin: 'eu', retries: 12, style: 'pth', parts: [1, 'two'], tls: { ca: 5, key: '' } };
    let thrown: unknown;
    try {
      pluginOptions(schema, wrong, 's3-context');
    } catch (error) {
      thrown = error;
    }
    if (!BuildError.is(thrown)) throw thrown;
    expect([thrown.code, thrown.exit, thrown.where.plugin]).toEqual(['OPTIONS_INVALID', 2, 's3-context']);
    expect(thrown.message.split('\n').map((line) => line.replace(/ {3,}/, ': '))).toEqual([
      's3-context: 7 things to fix',
      '  options.region: is missing; it must be text.',
      '  options.retries: is 12; it must be at most 9.',
      '  options.style: is "pth"; it can be path or virtual.',
      '  options.parts[1]: is "two"; it must be a number.',
      '  options.tls.ca: is 5; it must be text.',
      '  options.tls.key: is not a setting.',
      '  options.regoin: is not a setting. Did you mean "region"?',
    ]);
  });

  test('what is no object is said to be none', () => {
    expect(() => pluginOptions(schema, 'eu', 's3-context')).toThrow('options   is "eu"; it must be an object.');
    expect(() => pluginOptions(schema, undefined, 's3-context')).toThrow('options   is missing; it must be an object.');
  });
});

test.each([full, small])('empty text is called empty', (schema) => {
  expect(() => pluginOptions(schema, { region: '' }, 'p')).toThrow('options.region   is ""; it must not be empty.');
});

test("a schema's own words win", () => {
  const schema = z.object({ port: z.number({ error: 'it must be a port, like 443' }) });
  expect(() => pluginOptions(schema, { port: 'x' }, 'p')).toThrow(
    'options.port   is "x"; it must be a port, like 443.',
  );
});
