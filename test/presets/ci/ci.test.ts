import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tryPreset } from '../../../core/testing/index.ts';
import { storePlugin } from '../../../plugins/store/index.ts';
import { ci, type CiOptions } from '../../../presets/ci.ts';
import { slug } from '../../../presets/ci/tags.ts';
import { reproducible } from '../../../presets/reproducible.ts';
import { environments, tokens } from './environments.ts';

/** What an image `app` gets, by key. */
async function settled(options: CiOptions): Promise<Readonly<Record<string, unknown>>> {
  await using bench = await tryPreset(ci(options));
  const { app } = bench.config.images;
  return { ...app, settings: bench.config.settings };
}
const { github, gitlab, jenkins, tekton } = environments;
const repository = 'registry.example/api';

describe('tags', () => {
  test.each([
    ['a push to GitHub', github.push, ['main', 'sha-ffac537e6cbb']],
    ['a branch with a slash', github.branch, ['feature-Log-in', 'sha-ffac537e6cbb']],
    ['a pull request', github.change, ['pr-42', 'sha-ffac537e6cbb']],
    ['a pull request in the name of its target', github.target, ['sha-ffac537e6cbb']],
    ['a version', github.tag, ['1.4.2', '1.4', '1', 'latest', 'sha-ffac537e6cbb']],
    ['a push to GitLab', gitlab.push, ['main', 'sha-1ecfd275763e']],
    ['a merge request', gitlab.change, ['mr-7', 'sha-1ecfd275763e']],
    ['a pull request that GitLab builds for GitHub', gitlab.pull, ['pr-9', 'sha-1ecfd275763e']],
    ['what comes before a version', gitlab.tag, ['2.0.0-rc.1', 'sha-1ecfd275763e']],
    ['a branch of Jenkins', jenkins.push, ['main', 'sha-9fceb02d0ae5']],
    ['a job of one branch', jenkins.plain, ['release-2', 'sha-9fceb02d0ae5']],
    ['a change of Jenkins', jenkins.change, ['pr-24', 'sha-9fceb02d0ae5']],
    ['a version before 1.0', jenkins.tag, ['0.3.1', '0.3', 'latest', 'sha-9fceb02d0ae5']],
    ['a run of Tekton', tekton.push, ['main', 'sha-b8f3c7d9e0a1']],
    ['a change of Tekton', tekton.change, ['pr-5', 'sha-b8f3c7d9e0a1']],
    ['a tag that is no version', tekton.tag, ['nightly_2026-03', 'sha-b8f3c7d9e0a1']],
  ])('%s', async (_, env, tags) => {
    expect((await settled({ env, repository }))['tags']).toEqual(tags.map((tag) => `${repository}:${tag}`));
  });

  test.each([
    ['feature//log in', 'feature-log-in'],
    ['.-hidden', 'hidden'],
    [`${'x'.repeat(127)}/y`, 'x'.repeat(127)],
    ['日本', ''],
  ])('%s as a tag', (name, tag) => {
    expect(slug(name)).toBe(tag);
  });

  test('a branch that leaves nothing of its name has no tag of its own', async () => {
    const { tags } = await settled({ env: { ...github.push, GITHUB_REF_NAME: '日本' }, repository });
    expect(tags).toEqual([`${repository}:sha-ffac537e6cbb`]);
  });

  test('join those that the config has', async () => {
    const own = { defaults: { tags: ['r.example/own:1'] } };
    const preset = ci({ env: github.push, tags: ['branch'], repository });
    await using bench = await tryPreset({ extends: [own, preset] });
    expect(bench.config.images['app']?.['tags']).toEqual(['r.example/own:1', `${repository}:main`]);
  });

  test('kinds that are asked for alone, without latest', async () => {
    const { tags } = await settled({ env: github.tag, repository, tags: ['version'], latest: false });
    expect(tags).toEqual(['1.4.2', '1.4', '1'].map((tag) => `${repository}:${tag}`));
  });

  test('go by default where GitHub and GitLab keep images of a project', async () => {
    const first = async (env: CiOptions['env']) => ((await settled({ env }))['tags'] as string[] | undefined)?.[0];
    expect(await first(github.push)).toBe('ghcr.io/acme/payments-api:main');
    expect(await first(gitlab.push)).toBe('registry.gitlab.example/acme/payments/api:main');
    expect(await first(github.own)).toBeUndefined();
    expect(await first(jenkins.push)).toBeUndefined();
  });

  test('of several images are given by the name of each', async () => {
    await using bench = await tryPreset(
      ci({ env: gitlab.push, tags: ['branch'], repository: { app: 'r.example/app', web: 'r.example/web' } }),
    );
    expect(bench.config.images).toMatchObject({
      app: { tags: ['r.example/app:main'] },
      web: { tags: ['r.example/web:main'] },
    });
  });
});

describe('what the image is of', () => {
  test('labels and annotations by the names of the image specification', async () => {
    const { labels, annotations } = await settled({ env: gitlab.push });
    expect(labels).toEqual({
      'org.opencontainers.image.source': 'https://gitlab.example/acme/payments/api',
      'org.opencontainers.image.url': 'https://gitlab.example/acme/payments/api',
      'org.opencontainers.image.revision': '1ecfd275763eff1d6b4844ea3168962458c9f27a',
      'org.opencontainers.image.version': 'main',
      'org.opencontainers.image.created': '2026-03-14T15:09:26Z',
    });
    expect(annotations).toEqual(labels);
  });

  test.each([
    ['labels', true, false],
    ['annotations', false, true],
    ['none', false, false],
  ] as const)('told in: %s', async (origin, inLabels, inAnnotations) => {
    const app = await settled({ env: github.push, origin });
    expect(['labels' in app, 'annotations' in app]).toEqual([inLabels, inAnnotations]);
  });

  test.each([
    [github.own, 'https://github.acme.example/Acme/Payments-API'],
    [jenkins.push, 'https://git.acme.example/payments/api'],
    [tekton.push, 'https://github.com/acme/payments-api'],
  ])('the page of a repository, whatever its address', async (env, source) => {
    expect((await settled({ env }))['labels']).toMatchObject({ 'org.opencontainers.image.source': source });
  });

  test('what the CI does not say comes from git', async () => {
    const git = {
      commit: 'c0ffee',
      shortCommit: 'c0f',
      branch: 'trunk',
      tag: undefined,
      dirty: false,
      commitTime: 86_400,
    };
    const { JENKINS_HOME, BUILD_NUMBER } = jenkins.push;
    const { tags, labels } = await settled({ env: { JENKINS_HOME, BUILD_NUMBER }, git, repository });
    expect(tags).toEqual([`${repository}:trunk`, `${repository}:sha-c0ffee`]);
    expect(labels).toEqual({
      'org.opencontainers.image.revision': 'c0ffee',
      'org.opencontainers.image.version': 'trunk',
      'org.opencontainers.image.created': '1970-01-02T00:00:00Z',
    });
  });

  test.each(Object.values(environments).flatMap((those) => Object.values(those)))('no token is told', async (env) => {
    await using bench = await tryPreset(ci({ env, repository, cache: 'registry.example/cache', push: 'always' }));
    const told = inspect(bench.config, { depth: 9 });
    expect(tokens.filter((token) => told.includes(token))).toEqual([]);
  });
});

describe('pushing and the cache', () => {
  const cache = 'registry.example/api/cache';

  test('a branch is pushed and its steps are kept', async () => {
    const { push, settings } = await settled({ env: gitlab.push, push: true, cache });
    expect(push).toBe(true);
    expect(settings).toEqual({
      cacheFrom: [{ type: 'registry', ref: cache }],
      cacheTo: [{ type: 'registry', ref: cache, mode: 'max' }],
    });
  });

  test.each([github.change, github.target, gitlab.change, gitlab.pull, jenkins.change, tekton.change])(
    'what is not merged yet is built, not pushed, and writes no cache',
    async (env) => {
      const { push, settings } = await settled({ env, repository, push: true, cache });
      expect(push).toBe(false);
      expect(settings).toEqual({ cacheFrom: [{ type: 'registry', ref: cache }] });
      expect(await settled({ env, repository, push: 'always' })).toMatchObject({ push: true });
    },
  );

  test('nothing is pushed unless it is said', async () => {
    expect(await settled({ env: github.push })).not.toHaveProperty('push');
  });
});

describe('which CI', () => {
  test('outside of any, and with none, nothing is set', async () => {
    const env = { PATH: '/bin', CI: 'true', GIT_COMMIT: 'abc' };
    expect(ci({ env, repository, cache: 'r.example/cache', push: true })).toEqual({ name: 'ci' });
    expect(ci({ env: github.push, provider: 'none' })).toEqual({ name: 'ci' });
  });

  test('the one that is named, whatever the environment looks like', async () => {
    const env = { ...github.push, TEKTON_BRANCH: 'named' };
    expect((await settled({ env, provider: 'tekton', repository }))['tags']).toEqual([`${repository}:named`]);
  });

  test('all mistakes in the options are told at once', () => {
    const wrong = { provider: 'gitlabb', repository: 'a/b:1', cahce: 'x' } as object as CiOptions;
    expect(() => ci(wrong)).toThrow(/^ci: 4 things to fix\n(?: {2}options\.\w+ .*\n?){4}$/);
  });
});

test('steps are found again whatever the commit, and reproducible goes with it', async () => {
  const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\nWORKDIR /b\n', '/a': 'hi' };
  const store = mkdtempSync(join(tmpdir(), 'strake-ci-'));
  onTestFinished(() => rmSync(store, { recursive: true }));
  const build = async (env: CiOptions['env']) => {
    const layer = { plugins: [storePlugin()], extends: [reproducible(), ci({ env })] };
    await using bench = await tryPreset(layer, { env: { STRAKE_HOME: store } });
    return await bench.build(tree);
  };
  const first = await build(github.push);
  expect(first.config.created).toBe('1970-01-01T00:00:00Z');
  expect(first.result).toMatchObject({ reused: 0, performed: 2 });
  const second = await build({ ...github.tag, GITHUB_SHA: 'another' });
  expect(second.result).toMatchObject({ reused: 2, performed: 0 });
  expect(Object.fromEntries(second.config.config.labels)).toMatchObject({
    'org.opencontainers.image.revision': 'another',
    'org.opencontainers.image.version': '1.4.2',
  });
});
