import { expect, test } from 'vitest';
import { sourceFiles } from './sources.ts';

/** Lines a function may have is oxlint's to watch (`max-lines-per-function` in .oxlintrc.json). */
const lines = sourceFiles('core', 'plugins', 'presets', 'cli')
  .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
  .sort((a, b) => a.lines - b.lines);

test('no source file has more than 400 lines', () => {
  expect(lines.filter((file) => file.lines > 400)).toEqual([]);
});

test('nine of ten have at most 200, half at most 100', () => {
  expect(lines.length).toBeGreaterThan(100);
  expect(lines[Math.floor(lines.length * 0.9)]!.lines).toBeLessThanOrEqual(200);
  expect(lines[Math.floor(lines.length * 0.5)]!.lines).toBeLessThanOrEqual(100);
});
