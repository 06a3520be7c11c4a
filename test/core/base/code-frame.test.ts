import { expect, test } from 'vitest';
import { codeFrame } from '../../../core/base/code-frame.ts';

const frame = (text: string, start: number) =>
  codeFrame({ source: { name: 'Dockerfile', text }, start, end: start + 1 }).split('\n');

test('of a line that is very long the part is shown that is meant', () => {
  const text = `FROM scratch\nLABEL a=${'x'.repeat(5000)}! b=${'y'.repeat(5000)}\n`;
  const [before, begin] = frame(text, 14);
  expect(before).toBe('  1 │ FROM scratch');
  expect(begin).toMatch(/^❯ 2 │ LABEL a=x{152}…$/);
  expect(frame(text, text.indexOf('!'))[1]).toMatch(/^❯ 2 │ …x{79}! b=y{77}…$/);
  expect(frame(text, text.length - 2)[1]).toMatch(/^❯ 2 │ …y{160}$/);
});
