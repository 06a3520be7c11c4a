import { expect, test } from 'vitest';
import { diagnosticLines, parseDiagnostics } from '../../../core/registry/refusal.ts';

const lines = (text: string): string[] => diagnosticLines(parseDiagnostics(text));

test.each([
  ['{"errors":[{"code":"DENIED","message":"no access","detail":"ask alice"}]}', ['DENIED: no access: ask alice']],
  ['{"errors":[{"code":"X","detail":{"a":1}},null]}', ['X', '']],
  ['{"details":"incorrect username or password"}', ['incorrect username or password']],
  ['<html><head><title>502</title></head><body><h1>Bad  Gateway</h1>\n</body></html>', ['Bad Gateway']],
  ['plain words', ['plain words']],
  ['', []],
  ['[]', []],
])('%s', (text, expected) => {
  expect(lines(text)).toEqual(expected);
});

test('no more than a screenful is shown, and nothing secret', () => {
  const many = JSON.stringify({
    errors: Array.from({ length: 100 }, () => ({ code: 'X', message: 'Bearer abcdefghijkl' })),
  });
  expect(lines(many)).toEqual(Array.from({ length: 5 }, () => 'X: Bearer ***'));
});
