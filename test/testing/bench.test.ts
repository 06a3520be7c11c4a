import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { definePlugin, definePreset, defineProblems, entry, type HostPath } from '../../core/index.ts';
import {
  fakeRegistry,
  fakeWorld,
  readTree,
  tryPlugin,
  tryPreset,
  writeTree,
  type Tree,
} from '../../core/testing/index.ts';

const stamp = definePlugin((team: string) => ({
  name: 'stamp',
  apply(hooks) {
    hooks.assemble.tap('stamp', (draft) => ({
      ...draft,
      annotations: [...draft.annotations, ['team', team] as const],
    }));
    hooks.job.tap('stamp', (job) => ({ ...job, env: [...job.env, ['TEAM', team] as const] }));
  },
}));

/** Temporary directories of this file alone. */
let temp: string;
beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), 'strake-bench-'));
  vi.stubEnv('TMPDIR', temp);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(temp, { recursive: true });
});

describe('tryPlugin', () => {
  test('builds a tree with the plugin and gives back files, config and manifest', async () => {
    await using bench = await tryPlugin(stamp('payments'));
    const { files, config, manifest, result, events } = await bench.build({
      '/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY --chown=7:8 --chmod=750 run /bin/\nENV X=1\n',
      '/a': 'hi',
      '/run': '#!/bin/sh\n',
    });
    expect(files).toEqual({
      '/a': 'hi',
      '/bin': { directory: true, owner: '7:8', mode: 0o750 },
      '/bin/run': { file: '#!/bin/sh\n', mode: 0o750, owner: '7:8' },
    });
    expect(config.config.env).toContainEqual(['X', '1']);
    expect(manifest.annotations).toEqual([['team', 'payments']]);
    const { digest } = result.finished.platforms[0]!.manifest;
    expect(result.published).toEqual([{ location: 'memory:tried', digest }]);
    expect(events.filter((event) => event.type === 'step' && event.state === 'end').length).toBe(2);
  });

  test('the same tree gives the same image, in every bench', async () => {
    const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' };
    const digests = new Set<string>();
    for (let times = 0; times < 2; times++) {
      await using bench = await tryPlugin([], { settings: { sourceDateEpoch: 0 } });
      const request = { outputs: [{ type: 'memory', forceCompression: false, rewriteTimestamp: true, options: [] }] };
      digests.add((await bench.build(tree, request)).result.published[0]!.digest);
    }
    expect(digests.size).toBe(1);
  });

  test('a base of a literal is built on; several platforms are all read', async () => {
    const files = { '/etc/passwd': 'app:x:5:6::/:\n', '/bin/sh': { link: 'busybox' } } satisfies Tree;
    await using bench = await tryPlugin([], { bases: { base: { files, config: { user: 'app' } } } });
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const tree = { '/Dockerfile': 'FROM base\nCOPY --chown=app a /\n', '/a': 'hi' };
    const built = await bench.build(tree, { platforms });
    expect(built.config.config.user).toBe('app');
    expect(built.platforms.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
    for (const image of built.platforms) expect(image.files).toEqual({ ...files, '/a': { file: 'hi', owner: '5:6' } });
  });

  test('what the plugin makes of a RUN is seen without running it', async () => {
    await using bench = await tryPlugin(stamp('payments'));
    const job = await bench.job({ argv: ['npm', 'ci'] });
    expect([job.argv, job.env.at(-1)]).toEqual([
      ['npm', 'ci'],
      ['TEAM', 'payments'],
    ]);
  });

  test('a RUN is refused, a problem comes as it is, and the bench goes on', async () => {
    await using bench = await tryPlugin([]);
    await expect(bench.build({ '/Dockerfile': 'FROM scratch\nRUN true\n' })).rejects.toMatchObject({
      code: expect.stringMatching(/^(RUN_NOT_POSSIBLE|ISOLATION_NONE)$/) as string,
    });
    await expect(bench.build({ '/Dockerfile': 'FROM nothing\n' })).rejects.toMatchObject({
      exit: expect.any(Number) as number,
    });
    expect((await bench.build({ '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' })).files).toEqual({
      '/a': 'hi',
    });
  });

  test('stages copy from one another', async () => {
    await using bench = await tryPlugin([]);
    const { files } = await bench.build({
      '/Dockerfile': 'FROM scratch AS one\nCOPY a b /x/\nFROM scratch\nCOPY --from=one /x/a /a\n',
      '/a': 'hi',
      '/b': 'there',
    });
    expect(files).toEqual({ '/a': 'hi' });
  });

  test('plans without building', async () => {
    await using bench = await tryPlugin([]);
    const plan = await bench.plan({ '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' });
    expect(plan.stages[0]!.steps.map((step) => step.title)).toEqual(['[1/1] COPY a /a']);
  });

  test('leaves nothing behind, also when the plugin is refused', async () => {
    {
      await using bench = await tryPlugin(stamp('x'));
      await bench.build({ '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' });
      expect(readdirSync(temp).length).toBe(1);
    }
    await expect(tryPlugin([stamp('x'), stamp('y')])).rejects.toMatchObject({ code: 'PLUGIN_TWICE' });
    expect(readdirSync(temp)).toEqual([]);
  });
});

const problem = defineProblems('acme', {
  NO_LABEL: entry<object>({ title: 'A label is missing', exit: 2, message: () => 'no label' }),
});
const acme = definePreset(({ team }: { readonly team: string }) => ({
  name: 'acme',
  settings: { jobs: 2, sourceDateEpoch: 0 },
  defaults: { labels: { team }, tags: ['registry.example/app:1'], push: true },
  plugins: [
    stamp(team),
    {
      name: 'policy',
      apply: ({ planned }) =>
        planned.tap('policy', ({ stages }) => {
          if (!stages.some(({ config }) => config.labels.some(([name]) => name === 'owner')))
            throw problem('NO_LABEL', {}, { at: stages[0]!.at });
        }),
    },
  ],
}));

describe('tryPreset', () => {
  test('shows what the preset resolves to, and builds under it, publishing nowhere', async () => {
    await using bench = await tryPreset(acme({ team: 'payments' }));
    expect(bench.text).toBe(
      [
        'plugin stamp (preset acme)',
        'plugin policy (preset acme)',
        'settings.jobs 2',
        'settings.sourceDateEpoch 0',
        'images.app.labels.team "payments"',
        'images.app.tags ["registry.example/app:1"]',
        'images.app.push true',
        '',
      ].join('\n'),
    );
    const { files, config, result } = await bench.build({
      '/Dockerfile': 'FROM scratch\nLABEL owner=me\nCOPY a /a\n',
      '/a': 'hi',
    });
    expect(files).toEqual({ '/a': 'hi' });
    expect(config.created).toBe('1970-01-01T00:00:00Z');
    expect(new Map(config.config.labels)).toEqual(
      new Map([
        ['owner', 'me'],
        ['team', 'payments'],
      ]),
    );
    expect(result.finished.tags).toEqual(['registry.example/app:1']);
    expect(result.published.map(({ location }) => location)).toEqual(['memory:app']);
  });

  test("the preset's own problem comes with its place", async () => {
    await using bench = await tryPreset(acme({ team: 'payments' }));
    await expect(bench.build({ '/Dockerfile': '# a comment\nFROM scratch\nENV A=b\n' })).rejects.toMatchObject({
      code: 'acme/NO_LABEL',
      where: { plugin: 'policy', at: { start: 12 } },
    });
  });

  test('mistakes of the preset are told as the command line tells them', async () => {
    await expect(tryPreset({ name: 'acme', defaults: { platfroms: [] } } as object)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Did you mean "platforms"?') as string,
    });
  });
});

describe('fakeWorld', () => {
  test('is made of what it is given', async () => {
    await using world = fakeWorld({
      env: { A: 'b' },
      files: { '/bin/run': { file: 'x', mode: 0o755 }, '/link': { link: 'bin/run' }, '/empty': { directory: true } },
      home: { '/.netrc': 'machine x' },
      stdin: 'text',
    });
    expect(world.env).toEqual({ A: 'b', HOME: world.home, STRAKE_HOME: join(world.root, 'store') });
    expect(readTree(world.cwd)).toEqual({
      '/bin/run': { file: 'x', mode: 0o755 },
      '/link': { link: 'bin/run' },
      '/empty': { directory: true },
    });
    expect(readTree(world.home)).toEqual({ '/.netrc': 'machine x' });
    expect(world.now().toISOString()).toBe('2024-01-01T00:00:00.000Z');
    let sent = '';
    for await (const chunk of world.stdin()) sent += Buffer.from(chunk).toString();
    expect(sent).toBe('text');
  });

  test('keeps reports, ends its temporary directories with itself, can be aborted', async () => {
    let kept: HostPath;
    {
      await using world = fakeWorld();
      world.report({ type: 'notice', level: 'info', code: 'X', message: 'said' });
      expect(world.notices()).toEqual(['X said']);
      kept = await world.tempDir('a/b');
      expect(existsSync(kept)).toBe(true);
      world.abort();
      expect(world.signal.aborted).toBe(true);
    }
    expect(existsSync(kept)).toBe(false);
  });

  test('has no network, or loopback, or what the test brings', async () => {
    await using silent = fakeWorld();
    await expect(silent.http()).rejects.toMatchObject({ code: 'testing/NO_NETWORK' });
    await using registry = await fakeRegistry();
    await using near = fakeWorld({ network: 'loopback' });
    const client = await near.http();
    expect((await client.request({ method: 'GET', url: new URL('/v2/', registry.url) })).status).toBe(200);
    const far = client.request({ method: 'GET', url: new URL('https://registry.example/') });
    await expect(far).rejects.toMatchObject({ code: 'testing/NO_NETWORK' });
    await using own = fakeWorld({ network: client });
    expect(await own.http()).toBe(client);
  });
});

test.each([
  [{ a: 'x' }, 'slash'],
  [{ '/a/../b': 'x' }, 'plain'],
  [{ '/a/': 'x' }, 'plain'],
])('a tree whose paths are none is refused: %j', async (tree, why) => {
  await using world = fakeWorld();
  expect(() => writeTree(world.cwd, tree as Tree)).toThrow(why);
});
