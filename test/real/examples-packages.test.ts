/** Somebody with the packed strake and nothing else of ours: the examples pass their own tests there. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeBlocks } from '../support/code-blocks.ts';
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

  test('docs/first-plugin.md, followed to the letter, gives a plugin that works', async () => {
    const blocks = codeBlocks(join(root, 'docs/first-plugin.md'));
    const [, name] = /^npx strake new plugin (\S+)$/m.exec(blocks.find(({ language }) => language === 'sh')!.text)!;
    const folder = join(app, 'packages', name!);
    expect(await strake(['new', 'plugin', name!], {}, join(app, 'packages'))).toMatchObject({ status: 0, stderr: '' });
    for (const { file, text } of blocks.filter((block) => /^(?:src|test)\//.test(block.file)))
      writeFileSync(join(folder, file), text);
    const here = { cwd: folder, env: env(), timeout: 100_000 };
    expect((await run(['npm', 'test'], here)).stdout).toMatch(/Tests .*2 passed/);
    await run(['npm', 'run', 'build'], here);
    // `npm pack` is `npm publish` without the registry.
    const { stdout } = await run(['npm', 'pack', '--dry-run', '--json'], here);
    const [{ files }] = JSON.parse(stdout) as [{ files: readonly { readonly path: string }[] }];
    expect(files.map(({ path }) => path).sort()).toEqual([
      'README.md',
      'dist/index.d.ts',
      'dist/index.js',
      'package.json',
    ]);
    symlinkSync(folder, join(app, 'node_modules', name!));
    const config = join(app, 'docs-first.config.ts');
    writeFileSync(config, blocks.find(({ file }) => file === 'build.config.ts')!.text);
    const listed = await strake(['plugins', '--config', config]);
    expect(listed.stdout).toContain(
      `no-large-files  (docs-first.config.ts)\n  in ${name}@1.0.0\n  taps contextReady\n`,
    );
  });

  test('configs of docs/presets.md load, and --why says what the page says', async () => {
    const blocks = codeBlocks(join(root, 'docs/presets.md'));
    const configs = blocks.filter(({ file }) => file === 'build.config.ts');
    const ci = { GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/api', GITHUB_SHA: 'f'.repeat(40) };
    for (const [at, { text }] of configs.entries()) {
      writeFileSync(join(app, `docs-${at}.config.ts`), text);
      expect(await strake(['config', '--config', `docs-${at}.config.ts`], ci)).toMatchObject({ status: 0, stderr: '' });
    }
    const { stdout } = await strake(['config', '--config', 'docs-0.config.ts', '--why', 'images.api.labels'], ci);
    const shown = blocks.find(({ language }) => language === 'text')!.text.replace(/build\.config/g, 'docs-0.config');
    const words = (text: string): string[] => text.split('\n').map((line) => line.trim().replace(/ {2,}/g, '  '));
    expect(words(stdout)).toEqual(expect.arrayContaining(words(shown).filter((line) => line !== '…')));
  });

  test.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('all of it type-checks with the declarations that are published: %s', async (name, resolution) => {
    const compilerOptions = {
      ...resolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      // What is published is checked too, not only how it is used.
      skipLibCheck: false,
      noEmit: true,
    };
    const everything = ['packages/*/src', 'packages/*/test', '*.config.ts', 'doors.ts'];
    writeFileSync(join(app, `tsconfig.${name}.json`), JSON.stringify({ compilerOptions, include: everything }));
    writeFileSync(join(app, 'doors.ts'), doors(app));
    const checked = await tryRun([join(app, 'node_modules/.bin/tsc'), '-p', `tsconfig.${name}.json`], {
      cwd: app,
      env: env(),
    });
    expect([checked.status, checked.stdout]).toEqual([0, '']);
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
    expect(listed.stdout).toContain('acme-pinned-bases  (preset acme)\n  in @acme/container-preset@1.0.0\n');
  });
});

/** Imports everything that is published. */
function doors(app: string): string {
  const dist = join(app, 'node_modules/strake/dist');
  const presets = readdirSync(join(dist, 'presets')).flatMap((file) => /^(\w+)\.js$/.exec(file)?.[1] ?? []);
  const plugins = readdirSync(join(dist, 'plugins')).filter((folder) => folder !== 'shared');
  const names = [
    'strake',
    'strake/testing',
    ...presets.map((name) => `strake/presets/${name}`),
    ...plugins.map((name) => `strake/plugins/${name}`),
  ];
  return names.map((name, at) => `export * as door${at} from '${name}';\n`).join('');
}
