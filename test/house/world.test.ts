import { expect, test } from 'vitest';
import { sourceFiles } from './sources.ts';

/** The two entries of processes, and what starts the one below the other. */
const entries = new Set(['cli/main.ts', 'core/worker/main.ts']);

test('only the entries of processes touch the process and the console', () => {
  const broken = sourceFiles('core', 'plugins', 'presets', 'cli')
    .filter((file) => !entries.has(file.path))
    .flatMap((file) => {
      const code = file.text
        .replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '')
        .replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
      return [...code.matchAll(/(?<![.\w])(process\.\w+|console\.\w+)/g)].map((match) => `${file.path}: ${match[1]}`);
    });
  expect(broken).toEqual([]);
});

test('nothing slow to load is imported before it is needed', () => {
  const slow = /^(undici|koffi|node:https?|node:http2|node:tls)$/;
  const broken = sourceFiles('core', 'plugins', 'presets', 'cli').flatMap((file) =>
    [...file.text.matchAll(/(?:^|\n)import (?!type\b)[^'";]*?from '([^']+)'/g)]
      .filter((match) => slow.test(match[1]!))
      .map((match) => `${file.path}: ${match[1]}`),
  );
  expect(broken.filter((line) => !/^core\/(sys|registry\/server|worker)\//.test(line))).toEqual([]);
});
