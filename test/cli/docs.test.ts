import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cliPage } from '../../tools/cli-page.ts';
import { configPage } from '../../tools/config-page.ts';
import { hooksPage } from '../../tools/hooks-page.ts';

test.each([
  ['docs/cli.md', cliPage],
  ['docs/config.md', configPage],
  ['docs/hooks.md', hooksPage],
])('%s is what the tables say (npm run docs)', (path, make) => {
  expect(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')).toBe(make());
});
