import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BuildError } from '../../core/base/errors.ts';
import { requirements } from '../support/needs.ts';
import { gitFacts } from '../../core/config/git-facts.ts';
import { loadConfig, type LoadedConfig } from '../../core/config/load.ts';
import { run } from '../support/process.ts';

const { suite } = await requirements(import.meta.url, ['git']);

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'strake-load-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

const load = (folder = '.', path?: string): Promise<LoadedConfig | undefined> => {
  const cwd = join(root, folder);
  const context = { env: { MODE: 'test' }, git: gitFacts(cwd, process.env), command: 'build' };
  return loadConfig({ cwd, context, ...(path !== undefined && { path }) });
};

async function refusal(work: Promise<unknown>): Promise<BuildError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (!BuildError.is(error)) throw new Error(`expected a problem, got ${String(error)}`);
  return error;
}

const named = (name: string): string => `export default { name: '${name}' };\n`;

describe('finding', () => {
  test('the nearest config up to the root of the repository, and not beyond', async () => {
    write({ 'build.config.mjs': named('outside'), 'repo/.git/HEAD': '', 'repo/a/b/file': '' });
    expect(await load('repo/a/b')).toBeUndefined();
    write({ 'repo/build.config.mjs': named('root') });
    expect(await load('repo/a/b')).toMatchObject({
      file: '../../build.config.mjs',
      dir: join(root, 'repo'),
      layer: { name: 'root' },
    });
    write({ 'repo/a/build.config.mjs': named('near') });
    expect(await load('repo/a/b')).toMatchObject({ layer: { name: 'near' } });
  });

  test('outside a repository the current directory alone is looked at', async () => {
    write({ 'build.config.mjs': named('above'), 'a/file': '' });
    expect(await load('a')).toBeUndefined();
    expect(await load('.')).toMatchObject({ file: 'build.config.mjs', layer: { name: 'above' } });
  });

  test('TypeScript first; nothing of package.json', async () => {
    write({
      'package.json': '{"strake": {"name": "package"}, "build": {}}',
      'build.config.js': 'module.exports = { name: "js" };',
      'build.config.mts': 'const name: string = "mts"; export default { name };',
    });
    expect(await load()).toMatchObject({ layer: { name: 'mts' } });
  });

  test('a named one, from the current directory; a link is followed to where its imports are', async () => {
    write({ 'a/one.config.mjs': "export { default } from './other.mjs';", 'a/other.mjs': named('other') });
    symlinkSync('a/one.config.mjs', join(root, 'link.config.mjs'));
    expect(await load('.', 'link.config.mjs')).toMatchObject({
      file: 'link.config.mjs',
      dir: root,
      layer: { name: 'other' },
    });
  });
});

describe('evaluating', () => {
  test('once, even when it fails; its own error is told, with its line', async () => {
    write({
      'build.config.mjs': [
        "import { appendFileSync, readFileSync } from 'node:fs';",
        `appendFileSync(${JSON.stringify(join(root, 'count'))}, 'x');`,
        `readFileSync(${JSON.stringify(join(root, 'absent'))});`,
        'export default {};',
      ].join('\n'),
    });
    const error = await refusal(load());
    expect(error.code).toBe('CONFIG_NOT_LOADED');
    expect(error.message).toMatch(/^build\.config\.mjs failed while it was loaded at build\.config\.mjs:3: ENOENT: /);
    expect(readFileSync(join(root, 'count'), 'utf8')).toBe('x');
  });

  suite('in a repository', () => {
    test('a function gets environment, git and command, and may be asynchronous', async () => {
      await run(['git', 'init', '-q', '-b', 'main', root]);
      write({
        'build.config.mjs':
          'export default async ({ env, git, command }) => ({ name: [env.MODE, git.branch ?? "unborn", git.dirty, git.tag, command].join(" ") });',
      });
      expect(await load()).toMatchObject({ layer: { name: 'test unborn true  build' } });
    });
  });

  test('what git does not know is undefined, not an error', () => {
    const facts = gitFacts(root, process.env);
    expect([facts.commit, facts.branch, facts.dirty, facts.commitTime]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['nothing', 'export const x = 1;', 'the default export   is missing; write export default defineConfig({ … }).'],
    ['a text', 'export default "x";', 'the default export   must be an object.'],
    ['a function that returns nothing', 'export default () => {};', 'the default export   must be an object.'],
  ])('%s is no config', async (_, text, message) => {
    write({ 'build.config.mjs': text });
    const error = await refusal(load());
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });
});

describe("other tools' configs", () => {
  test.each([
    ['a list', 'export default [{}];', 'exports a list'],
    ['entries', 'export default { entries: [] };', 'has "entries"'],
    ['rollup', 'export default { rollup: {} };', 'has "rollup"'],
  ])('%s is told apart', async (_, text, sign) => {
    write({ 'build.config.mjs': text });
    const error = await refusal(load());
    expect(error).toMatchObject({ code: 'CONFIG_OF_OTHER_TOOL', exit: 2 });
    expect(error.message).toContain(sign);
  });
});
