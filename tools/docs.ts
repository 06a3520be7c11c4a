import { writeFileSync } from 'node:fs';
import { cliPage } from './cli-page.ts';
import { configPage } from './config-page.ts';
import { hooksPage } from './hooks-page.ts';
import { problemsPage } from './problems-page.ts';

/** `npm run docs`: writes the pages that are made from code. */
const pages: readonly (readonly [string, () => string])[] = [
  ['docs/problems.md', problemsPage],
  ['docs/cli.md', cliPage],
  ['docs/config.md', configPage],
  ['docs/hooks.md', hooksPage],
];

for (const [path, make] of pages) writeFileSync(new URL(`../${path}`, import.meta.url), make());
