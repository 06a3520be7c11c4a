import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirements } from '../support/needs.ts';
import { reachingNpm } from '../support/npm.ts';
import { cleanEnv, run, tryRun } from '../support/process.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** With the Node of this repository in front: npm itself runs on whatever the machine has. */
const path = `${dirname(process.execPath)}:${process.env['PATH']}`;

const { suite } = await requirements(import.meta.url, ['root', 'mounts']);

describe('the package, as npm pack makes it', () => {
  let folder: TempDir;
  let app: string;
  const env = () => cleanEnv({ PATH: path, HOME: process.env['HOME'] ?? '/', STRAKE_HOME: join(folder.path, 'store') });
  const strake = (...args: readonly string[]) =>
    tryRun([join(app, 'node_modules/.bin/strake'), ...args], { cwd: app, env: env() });

  beforeAll(async () => {
    folder = await tempDir('package');
    app = join(folder.path, 'app');
    mkdirSync(app);
    await run(['npm', 'pack', '--pack-destination', folder.path], { cwd: root, env: env() });
    const tarball = readdirSync(folder.path).find((name) => name.endsWith('.tgz'))!;
    writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
    const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run(['npm', 'install', ...quiet, join(folder.path, tarball)], {
      cwd: app,
      env: { ...env(), ...reachingNpm() },
    });
    writeFileSync(
      join(app, 'build.config.ts'),
      [
        "import { defineConfig, definePlugin, image, run } from 'strake';",
        "import { nodeRuntime } from 'strake/plugins/node-runtime';",
        "import { reproducible } from 'strake/presets/reproducible';",
        "const label = definePlugin((name: string) => ({ name, apply: ({ assemble }) => assemble.tap('label', (draft) => draft) }));",
        'export default defineConfig({',
        "  extends: [reproducible()], plugins: [label('label'), nodeRuntime()],",
        "  images: { base: { prebuild: [run('true')] }, app: { contexts: { base: image('base') } } },",
        '});',
      ].join('\n'),
    );
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await strake('--version')).toMatchObject({ status: 0, stdout: `strake ${version}\n`, stderr: '' });
    const byNpx = await tryRun(['npx', 'strake', '--version'], { cwd: app, env: env() });
    expect(byNpx).toMatchObject({ status: 0, stdout: `strake ${version}\n` });
  });

  test('builds with a config that imports it, its presets and its plugins', async () => {
    writeFileSync(join(app, 'Dockerfile'), 'FROM scratch\nCOPY package.json /\n');
    const { status, stdout, stderr } = await strake('build', 'app', '-q');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  });

  test('types the config, without lib or types of its own, and finds slips', async () => {
    writeFileSync(
      join(app, 'tsconfig.json'),
      '{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2024", "noEmit": true, "types": [] }, "include": ["*.ts"] }',
    );
    const check = () => tryRun([join(root, 'node_modules/.bin/tsc'), '--project', app], { env: env() });
    expect(await check()).toMatchObject({ status: 0, stdout: '' });
    writeFileSync(
      join(app, 'slip.config.ts'),
      "import { defineConfig } from 'strake';\nexport default defineConfig({ images: { a: { platfroms: [] } } });\n",
    );
    expect((await check()).stdout).toMatch(/slip\.config\.ts\(2,46\): .*'platfroms' does not exist.*'platforms'\?/);
  });

  suite('its worker', () => {
    test('carries out a RUN', async () => {
      writeFileSync(
        join(app, 'run.Dockerfile'),
        'FROM node-runtime AS a\nRUN node -p 6*7 > /answer\nFROM scratch\nCOPY --from=a /answer /\n',
      );
      const built = await strake('build', '.', '-f', 'run.Dockerfile', '-o', 'out', '--progress', 'plain');
      expect(built).toMatchObject({ status: 0, stderr: expect.stringContaining('RUN node -p 6*7') as string });
      expect(readFileSync(join(app, 'out/answer'), 'utf8')).toBe('42\n');
    });
  });

  test('holds what is published and nothing else, with the licences of what is in the bundle', () => {
    const files = readdirSync(join(app, 'node_modules/strake'), { recursive: true, encoding: 'utf8' });
    const tops = new Set(files.map((file) => file.split('/')[0]));
    expect(tops).toEqual(new Set(['LICENSE', 'README.md', 'cli', 'dist', 'package.json']));
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
    expect(readFileSync(join(app, 'node_modules/strake/dist/third-party.txt'), 'utf8')).toContain('tapable');
  });
});

describe('an older Node', () => {
  const bin = join(root, 'cli/strake.js');

  test('is told which one is needed, whatever its age', () => {
    const said: string[] = [];
    const exits: number[] = [];
    const exit = (status: number): never => {
      exits.push(status);
      throw new Error('exit');
    };
    const process = {
      versions: { node: '12.22.0' },
      execPath: '/bin/node',
      stderr: { write: (text: string) => said.push(text) },
      exit,
    };
    const code = readFileSync(bin, 'utf8').replace(/^#!.*/, '');
    expect(() => void runInNewContext(code, { process })).toThrow('exit');
    expect(exits).toEqual([1]);
    expect(said.join('')).toMatch(/^strake needs Node 24 or newer; this is Node 12\.22\.0 \(\/bin\/node\)\.\n/);
    // Nothing that a parser of 2017 does not know.
    expect(code).not.toMatch(/\?\.|\?\?|^\s*(?:import|export)\b(?!\()|\bconst\b|=>/m);
  });

  const others = ['/usr/bin/node', '/usr/local/bin/node'].filter(
    (node) => existsSync(node) && realpathSync(node) !== realpathSync(process.execPath),
  );
  test.each(others)('%s runs strake or says why it does not', async (node) => {
    const major = Number(/^v(\d+)/.exec((await run([node, '--version'])).stdout)![1]);
    const { status, stdout, stderr } = await tryRun([node, bin, '--version']);
    if (major >= 24) expect([status, stderr]).toEqual([0, '']);
    else {
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toContain(`strake needs Node 24 or newer; this is Node ${major}.`);
    }
  });
});
