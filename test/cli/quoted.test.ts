import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { codeBlocks } from '../support/code-blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['docs/first-plugin.md', 'docs/presets.md'];

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = codeBlocks(join(root, page));

  test.each(blocks.filter(({ file }) => file.startsWith('examples/')))('quotes $file as it is', (block) => {
    expect(readFileSync(join(root, block.file), 'utf8')).toContain(block.text);
  });

  test('every block of TypeScript says which file it is, so that something runs it', () => {
    const known = /^(?:examples\/.+|build\.config\.ts|src\/index\.ts|test\/[\w-]+\.test\.ts)$/;
    const nameless = blocks.filter(({ language, file }) => language === 'ts' && !known.test(file));
    expect(nameless).toEqual([]);
    expect(blocks.length).toBeGreaterThan(3);
  });

  test('links lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !existsSync(join(root, 'docs', link)))).toEqual([]);
  });
});

test('docs/presets.md names the variables that a Task of Tekton hands on', () => {
  const variables = (path: string): readonly string[] =>
    [...new Set(readFileSync(join(root, path), 'utf8').match(/\bTEKTON_[A-Z_]+/g))].sort();
  expect(variables('docs/presets.md')).toEqual(variables('presets/ci/providers.ts'));
});

test.each([
  ['ci', 'presets/ci/options.ts'],
  ['policy', 'plugins/policy/options.ts'],
])('docs/presets.md has every option of %s in its table', async (name, path) => {
  const schemas = (await import(join(root, path))) as Readonly<Record<string, { readonly shape: object }>>;
  const options = Object.keys(schemas[`${name}Options`]!.shape).sort();
  const section = readFileSync(join(root, 'docs/presets.md'), 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith(`${name}\n`))!;
  const table = section.split('\n\n').find((part) => part.startsWith('| option '))!;
  expect([...table.matchAll(/^\| `(\w+)`/gm)].map(([, option]) => option!).sort()).toEqual(options);
});

test('docs/presets.md has every problem of policy', () => {
  const codes = [...readFileSync(join(root, 'plugins/policy/problems.ts'), 'utf8').matchAll(/^ {2}([A-Z_]+): entry/gm)];
  const page = readFileSync(join(root, 'docs/presets.md'), 'utf8');
  expect(codes.map(([, code]) => code!).filter((code) => !page.includes(`\`policy/${code}\``))).toEqual([]);
});
