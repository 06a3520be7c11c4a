/** Somebody with the packed strake and nothing else of ours: the examples pass their own tests there. */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run, tryRun } from '../support/process.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';
import { installLocked, packageEnv, packStrake } from './locked-install.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = ['plugin-template', 'org-preset', 'zip-context'];

describe('packages made with a packed strake', () => {
  let folder: TempDir;
  let app: string;
  const env = (more: Readonly<Record<string, string>> = {}) => packageEnv({ STRAKE_HOME: folder.at('store'), ...more });
  const npm = (...args: readonly string[]) => run(['npm', ...args], { cwd: app, env: env(), timeout: 100_000 });
  const strake = (args: readonly string[], more: Readonly<Record<string, string>> = {}, cwd = app) =>
    tryRun([join(app, 'node_modules/.bin/strake'), ...args], { cwd, env: env(more), timeout: 100_000 });

  beforeAll(async () => {
    folder = await tempDir('examples');
    app = folder.at('app');
    for (const name of examples)
      cpSync(join(root, 'examples', name), join(app, 'packages', name), {
        recursive: true,
        filter: (path) => !/\/(?:node_modules|dist)$/.test(path),
      });
    await installLocked(app, await packStrake(folder.path));
  }, 600_000);
  afterAll(() => folder[Symbol.asyncDispose]());

  test.each(examples)('%s passes its own tests', async (name) => {
    const { stdout } = await npm('test', '--workspace', `packages/${name}`);
    expect(stdout).toMatch(/Tests .*passed/);
    expect(stdout).not.toMatch(/failed/);
  });

  test.each(examples)('%s compiles to JavaScript with types', async (name) => {
    await npm('run', 'build', '--workspace', `packages/${name}`);
    const made = readdirSync(join(app, 'packages', name, 'dist'));
    expect(made).toEqual(expect.arrayContaining(['index.js', 'index.d.ts']));
  });

  test.each([
    ['plugin', 'strake-plugin-mine'],
    ['preset', '@mine/preset'],
  ])('a new %s passes its own tests', async (kind, name) => {
    const packages = join(app, 'packages');
    const { status, stderr } = await strake(['new', kind, name], {}, packages);
    expect([status, stderr]).toEqual([0, '']);
    // What it depends on is there already: the folder lies below.
    const folder = join(packages, name.replace(/^@.*\//, ''));
    const { stdout } = await run(['npm', 'test'], { cwd: folder, env: env(), timeout: 100_000 });
    expect(stdout).toMatch(/Tests .*passed/);
    await run(['npm', 'run', 'build'], { cwd: folder, env: env(), timeout: 100_000 });
  });

  test('all of them build an image together', async () => {
    writeFileSync(
      join(app, 'build.config.ts'),
      [
        "import { defineConfig } from 'strake';",
        "import { acmePreset } from '@acme/container-preset';",
        "import { versionFile } from 'strake-plugin-version-file';",
        "import { zipContext } from 'strake-plugin-zip-context';",
        'export default defineConfig({',
        "  extends: [acmePreset({ team: 'payments' })],",
        "  plugins: [zipContext(), versionFile({ variables: ['COMMIT'] })],",
        "  images: { app: { context: 'src', outputs: ['type=local,dest=out'] } },",
        '});',
      ].join('\n'),
    );
    mkdirSync(join(app, 'src'));
    writeFileSync(join(app, 'src/Dockerfile'), 'FROM scratch\nCOPY version.json /\n');
    const missing = await strake(['build', 'app']);
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('version-file/VARIABLE_MISSING')]);
    const built = await strake(['build', 'app', '-q'], { COMMIT: 'abc' });
    expect([built.status, built.stderr]).toEqual([0, '']);
    expect(readdirSync(join(app, 'out'))).toEqual(['version.json']);
    const listed = await strake(['plugins']);
    expect(listed.stdout).toContain('offers context zip');
    expect(listed.stdout).toContain('acme-pinned-bases  (preset acme)');
  });
});
