import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { BuildError, BuildErrors, problem } from '../../../core/base/errors.ts';
import type { BuilderHooks, PreBuild } from '../../../core/contract/hooks.ts';
import { callMoment, callRewrite, installPlugins } from '../../../core/contract/install.ts';
import { definePlugin, originOf, type Plugin } from '../../../core/contract/plugin.ts';
import { quietWorld } from './quiet-world.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const world = quietWorld();
const scope = { world };
const source = { name: 'Dockerfile', text: 'FROM a' };
const nothing: PreBuild = { requests: [], complain: () => {}, complaints: [], planOnly: false };
const tapping = (name: string, apply: (hooks: BuilderHooks) => void, enforce?: 'pre' | 'post'): Plugin =>
  enforce ? { name, apply, enforce } : { name, apply };

async function failure(work: Promise<unknown>): Promise<BuildError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!BuildError.is(error)) throw new Error(`expected a problem, got ${String(error)}`);
  return error;
}

describe('order', () => {
  const named = (name: string, enforce?: 'pre' | 'post') =>
    tapping(
      name,
      ({ source }) => source.tapPromise('a name of its own', async (it) => ({ ...it, text: `${it.text} ${name}` })),
      enforce,
    );

  test('taps and offers stand pre, normal, post; as listed among equals', async () => {
    const plugins = [named('late', 'post'), named('b'), named('early', 'pre'), named('a')];
    const installed = installPlugins(
      plugins.map((plugin) => ({ ...plugin, caches: [{ name: plugin.name, find: never, save: never }] })),
    );
    expect((await callRewrite(installed.hooks.source, source, scope)).text).toBe('FROM a early b a late');
    expect(installed.offers.caches.map((cache) => cache.name)).toEqual(['early', 'b', 'a', 'late']);
    expect(installed.taps.get('a')).toEqual(['source']);
  });

  test('a tap may ask to come before one of another plugin, by its name', async () => {
    const first = tapping('first', ({ source }) =>
      source.tap({ name: 'x', before: 'second' }, (it) => ({ ...it, text: `${it.text} first` })),
    );
    const { hooks } = installPlugins([named('zeroth'), named('second'), first]);
    expect((await callRewrite(hooks.source, source, scope)).text).toBe('FROM a zeroth first second');
  });

  const standing = (...plugins: readonly Plugin[]) => installPlugins(plugins).plugins.map(({ name }) => name);

  test('a plugin stands before and after others by their names, whatever else is said', () => {
    expect(standing({ name: 'a' }, { name: 'b' }, { name: 'c', before: 'a' })).toEqual(['c', 'a', 'b']);
    expect(standing({ name: 'a', after: ['c', 'gone'] }, { name: 'b' }, { name: 'c' })).toEqual(['b', 'c', 'a']);
    expect(standing({ name: 'a', enforce: 'pre', after: 'z' }, { name: 'b' }, { name: 'z', enforce: 'post' })).toEqual([
      'b',
      'z',
      'a',
    ]);
  });

  test('plugins that cannot stand as all of them want are named', () => {
    const circle = [
      // Stands in the circle's way, and is none of it.
      { name: 'x', after: 'a' },
      { name: 'a', after: 'b' },
      { name: 'b', after: 'c' },
      { name: 'c', before: 'b', after: 'a' },
    ];
    expect(() => standing(...circle)).toThrow(/^a has to stand after b has to stand after c has to stand after a\.$/);
  });

  test('a plugin knows the file it was made in', () => {
    expect(originOf(definePlugin(() => ({ name: 'made' }))())).toEqual({
      file: fileURLToPath(import.meta.url),
      copy: root,
    });
    expect(originOf({ name: 'written in place' })).toBeUndefined();
  });

  test('hooks nobody taps give back what they were given', async () => {
    const { hooks } = installPlugins([]);
    expect(hooks.source.isUsed()).toBe(false);
    expect(await callRewrite(hooks.source, source, scope)).toBe(source);
    await callMoment(hooks.preBuild, nothing, scope);
  });
});

const never = (): Promise<never> => Promise.reject(new Error('not called'));

describe('attribution', () => {
  const place = /test\/core\/contract\/install\.test\.ts:\d+\.$/;

  test.each([
    ['tap', (hooks: BuilderHooks) => hooks.source.tap('other name', () => fail())],
    ['tapPromise', (hooks: BuilderHooks) => hooks.source.tapPromise('x', async () => fail())],
    ['tapAsync', (hooks: BuilderHooks) => hooks.source.tapAsync('x', (_it, _scope, done) => done(new Error('broken')))],
    ['withOptions', (hooks: BuilderHooks) => hooks.source.withOptions({ stage: 1 }).tap('x', () => fail())],
  ])('an error in %s names plugin, hook and the place of the tap', async (_kind, apply) => {
    const { hooks } = installPlugins([tapping('stamp', apply)]);
    const error = await failure(callRewrite(hooks.source, source, scope));
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED', where: { plugin: 'stamp' } });
    expect(error.message).toBe('The plugin "stamp" failed in source: broken');
    expect(error.hint).toMatch(place);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a problem a plugin throws keeps its code and learns its plugin', async () => {
    const own = tapping('policy', ({ preBuild }) =>
      preBuild.tapPromise('policy', async () => {
        throw problem('USAGE', { reason: 'no' });
      }),
    );
    const error = await failure(callMoment(installPlugins([own]).hooks.preBuild, nothing, scope));
    expect(error).toMatchObject({ code: 'USAGE', where: { plugin: 'policy' } });
  });

  test('offers say whose they are when they fail, and keep their private fields', async () => {
    class Counting {
      readonly name = 'counting';
      #asked = 0;
      async find() {
        if (++this.#asked > 1) throw new TypeError('worn out');
        return new Map();
      }
      save = never;
    }
    const { offers } = installPlugins([{ name: 'counter', caches: [Object.freeze(new Counting())] }]);
    const cache = offers.caches[0]!;
    expect(await cache.find([], undefined as never)).toEqual(new Map());
    const error = await failure(cache.find([], undefined as never));
    expect(error.message).toBe('The plugin "counter" failed in caches.find: worn out');
    // The offer is frozen, and this function is its own.
    const { message } = await failure(cache.save(undefined as never, undefined as never));
    expect(message).toBe('The plugin "counter" failed in caches.save: not called');
  });
});

const fail = (): never => {
  throw new Error('broken');
};

describe('rules', () => {
  test('a rewrite that returns nothing is a problem of its plugin', async () => {
    const forgetful = tapping('forgetful', ({ source }) => source.tapPromise('x', async () => undefined as never));
    const error = await failure(callRewrite(installPlugins([forgetful]).hooks.source, source, scope));
    expect(error).toMatchObject({ code: 'PLUGIN_GAVE_NOTHING', where: { plugin: 'forgetful' } });
  });

  test('a plain tap with an async function is waited for', async () => {
    const seen: string[] = [];
    const listen: () => unknown = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push('done');
    };
    const sloppy = tapping('sloppy', ({ preBuild }) => preBuild.tap('x', listen));
    await callMoment(installPlugins([sloppy]).hooks.preBuild, nothing, scope);
    expect(seen).toEqual(['done']);
  });

  test('a tap after installation is refused, with its place', () => {
    const { hooks } = installPlugins([]);
    const late = (): void => hooks.planned.tap('late', () => {});
    expect(late).toThrow(expect.objectContaining({ code: 'PLUGIN_TAPS_LATE' }) as Error);
    expect(late).toThrow('"late" taps planned after the plugins were installed.');
  });

  test('an asynchronous apply is refused', () => {
    const plugin = { name: 'slow', apply: async () => {} };
    expect(() => installPlugins([plugin])).toThrow('has an asynchronous apply()');
  });

  test('duplicates and stale contracts are told together, both versions named', () => {
    const stale = Object.defineProperties(
      { name: 'stale' },
      {
        [Symbol.for('strake.contract')]: { value: 99 },
        [Symbol.for('strake.origin')]: { value: { copy: '/app/node_modules/old/node_modules/strake' } },
      },
    );
    const older = Object.defineProperty({ name: 'older' }, Symbol.for('strake.contract'), { value: 0 });
    const made = definePlugin(() => ({ name: 'twin' }));
    const error = thrownBy(() => installPlugins([made(), made(), stale, older]));
    expect(error).toBeInstanceOf(BuildErrors);
    const messages = (error as BuildErrors).errors.map(({ code, message }) => `${code} ${message}`);
    expect(messages).toEqual([
      'PLUGIN_TWICE Two plugins are called "twin".',
      [
        'PLUGIN_CONTRACT The plugin "stale" was made for version 99 of the plugin contract; this strake has version 1.',
        "  the plugin's copy of strake   /app/node_modules/old/node_modules/strake",
        `  the copy that is running      ${root}`,
      ].join('\n'),
      expect.stringContaining("the plugin's copy of strake   does not say where it is") as string,
    ]);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('watching', () => {
  test('calls are counted and timed by plugin and hook', async () => {
    const installed = installPlugins([tapping('look', ({ preBuild }) => preBuild.tap('x', () => {}))]);
    await callMoment(installed.hooks.preBuild, nothing, scope);
    await callMoment(installed.hooks.preBuild, nothing, scope);
    expect(installed.timings()).toEqual([
      { plugin: 'look', hook: 'preBuild', calls: 2, ms: expect.any(Number) as number },
    ]);
  });

  test('a tap that never settles is named, and an aborted build goes on without it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const stop = new AbortController();
    const hung = tapping('hung', ({ preBuild }) => preBuild.tapPromise('x', () => new Promise(() => {})));
    const installed = installPlugins([hung]);
    const call = callMoment(installed.hooks.preBuild, nothing, { world: quietWorld({ signal: stop.signal }) });
    const ended = expect(call).rejects.toThrow('interrupted');
    stop.abort(new Error('interrupted'));
    await vi.advanceTimersByTimeAsync(2000);
    await ended;
    const [complaint] = installed.hanging();
    vi.useRealTimers();
    expect(complaint).toMatchObject({ code: 'PLUGIN_HANGS', where: { plugin: 'hung' } });
    expect(complaint!.message).toBe('The plugin "hung" has not settled its promise in preBuild for 2 s.');
  });
});
