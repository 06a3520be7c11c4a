import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sourceFiles } from './sources.ts';

/** Where each package may be imported (DESIGN, section 2): one place each. */
const places: Readonly<Record<string, RegExp>> = {
  tapable: /^core\/contract\//,
  zod: /^(core\/(config|oci)\/|plugins\/|presets\/)/,
  'tar-stream': /^core\/archive\//,
  undici: /^(core\/registry\/|plugins\/)/,
  cosmiconfig: /^core\/config\/load\.ts$/,
  koffi: /^core\/sys\//,
  'xz-decompress': /^core\/archive\//,
  // The published declarations speak of Node's types.
  '@types/node': /^$/,
};

const packageOf = (name: string): string =>
  name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0]!;

test('packages are imported where the design puts them, and nowhere else', () => {
  const broken: string[] = [];
  for (const file of sourceFiles('core', 'plugins', 'presets', 'cli')) {
    for (const name of file.imports.filter((one) => !/^(node:|core\/|plugins\/|presets\/|cli\/)/.test(one))) {
      if (!places[packageOf(name)]?.test(file.path)) broken.push(`${file.path} imports ${name}`);
    }
  }
  expect(broken).toEqual([]);
});

test('package.json names exactly these packages, at exact versions', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(places).sort());
  for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('every package has its reason in docs/decisions', () => {
  const reasons = readFileSync(join(root, 'docs/decisions/002-dependencies.md'), 'utf8');
  for (const name of Object.keys(places)) expect(reasons).toContain(`\`${name}\``);
});
