/** Jobs of a CI, one after another on machines that have nothing, with a registry that stays: Debian's docker-registry. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake, type StrakeResult } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { environments, tokens } from '../../presets/ci/environments.ts';
import { good, writeFiles } from '../e2e/scene.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

const { github, gitlab } = environments;

suite('jobs of a CI', () => {
  let registry: TestRegistry;

  /** One job on a machine of its own. */
  async function job(env: Readonly<Record<string, string | undefined>>, dockerfile?: string): Promise<StrakeResult> {
    await using machine = await openStrake();
    await writeFiles(machine.work, {
      'build.config.ts': `
import { defineConfig } from 'strake';
import { ci } from 'strake/presets/ci';
import { policy } from 'strake/presets/policy';
export default defineConfig(({ env }) => ({
  extends: [
    ci({ env, repository: '${registry.host}/team/app', cache: '${registry.host}/team/cache', push: true }),
    policy({ registries: ['${registry.host}'], labels: ['org.opencontainers.image.revision'], maxSize: '1MB' }),
  ],
  settings: { insecureRegistries: ['${registry.host}'], isolation: 'assemble' },
  images: { app: {} },
}));
`,
      Dockerfile: dockerfile ?? 'FROM scratch\nCOPY app /app\nCOPY more /more\nUSER 65532\n',
      app: 'app',
      more: 'more',
    });
    const set = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
    // Homes and temporary directories are the machine's.
    const { HOME: _home, RUNNER_TEMP: _temp, ...given } = Object.fromEntries(set);
    const result = await machine.strake(['build'], { env: given });
    expectSilence(result, machine.store);
    return result;
  }

  /** Neither what is printed nor what is kept holds a token. */
  function expectSilence({ stdout, stderr }: StrakeResult, store: string): void {
    const files = readdirSync(store, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const kept = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'));
    const told = [stdout, stderr, ...kept].join('\n');
    expect(told.length).toBeGreaterThan(200);
    expect(tokens.filter((token) => told.includes(token))).toEqual([]);
  }

  async function tags(repository: string): Promise<readonly string[]> {
    const answer = await fetch(`${registry.direct}/v2/${repository}/tags/list`);
    return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.toSorted() : [];
  }

  async function labels(tag: string): Promise<Readonly<Record<string, string>>> {
    const at = `${registry.direct}/v2/team/app`;
    const accept = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = (await (await fetch(`${at}/manifests/${tag}`, { headers: { accept } })).json()) as {
      config: { digest: string };
      annotations: Readonly<Record<string, string>>;
    };
    const config = (await (await fetch(`${at}/blobs/${manifest.config.digest}`)).json()) as {
      config: { Labels: Readonly<Record<string, string>> };
    };
    expect(manifest.annotations).toEqual(config.config.Labels);
    return config.config.Labels;
  }

  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it.each([
    ['pull', github.change, /^::group::#1 \[1\/2\] COPY app \/app\n#1 done .*\n::endgroup::$/m],
    [
      'merge',
      gitlab.change,
      /^\u001b\[0Ksection_start:\d+:strake_1\[collapsed=true\]\r\u001b\[0K#1 \[1\/2\] COPY app \/app\n#1 done .*\n\u001b\[0Ksection_end:\d+:strake_1\r\u001b\[0K$/m,
    ],
  ])('a %s request is built, each step is folded, and nothing is left in the registry', async (_, env, folded) => {
    const { stdout, stderr } = good(await job(env));
    expect(stdout).toContain('2 steps run');
    expect(stderr).toMatch(folded);
    expect([await tags('team/app'), await tags('team/cache')]).toEqual([[], []]);
    expect(registry.requests().filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  it('a push names the image after branch and commit, and fills the cache', async () => {
    expect(good(await job(github.push)).stdout).toContain('2 steps run');
    expect(await tags('team/app')).toEqual(['main', 'sha-ffac537e6cbb']);
    expect(await tags('team/cache')).toEqual(['latest']);
    expect(await labels('main')).toEqual({
      'org.opencontainers.image.source': 'https://github.com/Acme/Payments-API',
      'org.opencontainers.image.url': 'https://github.com/Acme/Payments-API',
      'org.opencontainers.image.revision': 'ffac537e6cbbf934b08745a378932722df287a53',
      'org.opencontainers.image.version': 'main',
    });
  });

  it('a version, built elsewhere by another CI, finds every step and moves the tags along', async () => {
    const { stdout, stderr } = good(await job({ ...gitlab.tag, CI_COMMIT_TAG: 'v1.4.2' }));
    expect(stdout).toContain('2 steps reused');
    expect(stderr).not.toContain('section_start');
    expect(await tags('team/app')).toEqual(
      ['1', '1.4', '1.4.2', 'latest', 'main', 'sha-1ecfd275763e', 'sha-ffac537e6cbb'].toSorted(),
    );
    expect((await labels('1'))['org.opencontainers.image.created']).toBe('2026-03-14T15:09:26Z');
  });

  it('what the policy forbids is not built, and nothing is pushed', async () => {
    const before = await tags('team/app');
    const dockerfile = `FROM ${registry.host}/team/app:main\nADD https://example.com/x /x\nUSER root\n`;
    const { status, stderr } = await job({ ...gitlab.push, CI_COMMIT_BRANCH: 'bad' }, dockerfile);
    expect(status).toBe(2);
    // Remote sources are refused before there is a plan, where nothing else forbids them.
    expect(stderr).toMatch(/Dockerfile:2/);
    const rest = dockerfile.replace(/ADD.*\n/, '');
    const refused = await job({ ...gitlab.push, CI_COMMIT_BRANCH: 'bad' }, rest);
    expect([refused.status, refused.stderr.match(/policy\/[A-Z_]+|Dockerfile:\d/g)]).toEqual([
      2,
      ['policy/BASE_NOT_PINNED', 'Dockerfile:1', 'policy/ROOT_USER', 'Dockerfile:2'],
    ]);
    expect(await tags('team/app')).toEqual(before);
  });
});
