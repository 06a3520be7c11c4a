import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../core/dockerfile/index.ts';
import { problemText, reduce, sourceOf } from './reduce.ts';

const root = fileURLToPath(new URL('./cases', import.meta.url));
/** `UPDATE=1 vitest run test/dockerfile/cases.test.ts` writes what comes out; read every line of the difference. */
const update = process.env['UPDATE'] === '1';
const names = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** A folder is a Dockerfile with `expected.json`, its reduced AST, or with `problem.txt`, what a person is told. */
describe('Dockerfiles', () => {
  test.each(names)('%s', (name) => {
    const folder = join(root, name);
    const outcome = parse(readFileSync(join(folder, 'Dockerfile'), 'utf8'));
    const other = join(folder, outcome.file === 'problem.txt' ? 'expected.json' : 'problem.txt');
    const file = join(folder, outcome.file);
    if (update) {
      rmSync(other, { force: true });
      writeFileSync(file, outcome.text);
    }
    expect(existsSync(other), `${name} should not come out as ${outcome.file}:\n${outcome.text}`).toBe(false);
    expect(outcome.text).toBe(readFileSync(file, 'utf8'));
  });

  test('there are many', () => expect(names.length).toBeGreaterThanOrEqual(120));
});

function parse(text: string): { readonly file: 'expected.json' | 'problem.txt'; readonly text: string } {
  try {
    return { file: 'expected.json', text: `${JSON.stringify(reduce(parseDockerfile(sourceOf(text))), null, 2)}\n` };
  } catch (error) {
    return { file: 'problem.txt', text: problemText(error) };
  }
}
