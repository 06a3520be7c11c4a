import { expect, test } from 'vitest';
import { readTemplates, renamed } from '../../cli/templates.ts';

test.each([
  ['ftp', 'ftp'],
  ['s3-context', 's3Context'],
  ['entry', 'entryPlugin'],
  ['class', 'classPlugin'],
  ['world', 'worldPlugin'],
])('a plugin %s is the function %s', (short, name) => {
  const files = renamed(readTemplates().plugin, 'plugin', { full: `strake-${short}`, short });
  expect(files['src/index.ts']).toContain(`export const ${name} = definePlugin(`);
  expect(files[`test/${short}.test.ts`]).toContain(`import { ${name} } from '../src/index.ts';`);
});

test('nothing of the example is left', () => {
  const { plugin, preset } = readTemplates();
  const names = { full: '@x/y', short: 'y-z' };
  const text = (files: object): string => JSON.stringify(files);
  expect(text(plugin)).toMatch(/version-file|versionFile/i);
  expect(text(renamed(plugin, 'plugin', names))).not.toMatch(/version-file|versionFile/i);
  expect(text(preset)).toMatch(/acme/i);
  expect(text(renamed(preset, 'preset', names))).not.toMatch(/acme/i);
});
