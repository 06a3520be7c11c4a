import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problems } from '../../core/base/errors.ts';
import { problemsPage } from '../../tools/problems-page.ts';
import { root, sourceFiles } from './sources.ts';

test('docs/problems.md is what the table says (npm run docs)', () => {
  expect(readFileSync(join(root, 'docs/problems.md'), 'utf8')).toBe(problemsPage());
});

test('every problem of the table can be thrown', () => {
  const code = sourceFiles('core', 'plugins', 'cli')
    .filter((file) => !file.path.startsWith('core/base/problems/'))
    .map((file) => file.text)
    .join('\n');
  const unused = Object.keys(problems).filter((name) => !code.includes(`'${name}'`));
  expect(unused).toEqual([]);
});

test('titles are plain words without a full stop, codes are in capitals', () => {
  for (const [code, { title }] of Object.entries(problems)) {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(title).toMatch(/^[A-Za-z].*[^.]$/);
  }
});
