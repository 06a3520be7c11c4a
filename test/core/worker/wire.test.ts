import { expect, test } from 'vitest';
import { arrivedError, carryError } from '../../../core/base/carried-error.ts';
import { BuildErrors, problem } from '../../../core/base/errors.ts';
import { ownerComplaint } from '../../../core/worker/owner-complaint.ts';
import { fromLine, lineReader, toLine } from '../../../core/worker/wire.ts';

test('values come out of a line as they went in, bytes and maps too', () => {
  const value = {
    text: 'a\nb \u2028 ü',
    bytes: Buffer.from([0, 10, 255]),
    view: new Uint8Array([1, 2, 3]).subarray(1),
    map: new Map([['user.x\xff', Buffer.from([128])]]),
    list: [null, true, { deep: Buffer.alloc(0) }],
  };
  const line = toLine({ ...value, open: () => 'functions stay' });
  expect(line.indexOf('\n')).toBe(line.length - 1);
  const arrived = fromLine(line) as typeof value;
  expect(arrived).toEqual({ ...value, view: Buffer.from([2, 3]) });
  expect(Buffer.isBuffer(arrived.bytes)).toBe(true);
});

test('lines are cut wherever chunks end', () => {
  const text = `${['one', 'zwei ü', '', 'x'.repeat(5000)].join('\n')}\nunfinished`;
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 7, 4096, bytes.length]) {
    const lines: string[] = [];
    const read = lineReader((line) => lines.push(line));
    // The chunk is reused, as sockets may do.
    const chunk = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) read(chunk.subarray(0, bytes.copy(chunk, 0, at, at + size)));
    expect(lines).toEqual(['one', 'zwei ü', '', 'x'.repeat(5000)]);
  }
});

test('problems are problems again on the other side, with code, exit, hint and place', () => {
  const span = { source: { name: 'Dockerfile', text: 'RUN false' }, start: 0, end: 9 };
  const error = problem('LINK_LOOP', { path: '/a' }, { at: span, step: '[1/1] RUN false' });
  const there = (it: unknown): Error => arrivedError(fromLine(toLine(carryError(it))) as ReturnType<typeof carryError>);
  const { code, exit, hint, title, message, where } = error;
  expect(there(error)).toMatchObject({ name: 'BuildError', code, exit, hint, title, message, where });
  expect(there(new BuildErrors([error, error]))).toMatchObject({ name: 'BuildErrors', errors: [{ code }, { code }] });
  const system = Object.assign(new Error('EPERM: mount'), { code: 'EPERM' });
  expect(there(system)).toMatchObject({ message: 'EPERM: mount', code: 'EPERM', stack: system.stack });
  expect(there('text')).toMatchObject({ message: 'text' });
});

test.each([
  ['chown: /x: Invalid argument\n', true],
  ['dpkg: error setting ownership of ./x: Operation not permitted', true],
  ['E: setgroups 65534 failed - setgroups (1: Operation not permitted)', true],
  ['sh: 1: nope: not found', false],
  ['mount: Operation not permitted', false],
  ['chown: /x: No such file or directory', false],
])('%j tells of owners that cannot be changed: %s', (output, expected) => {
  const complaint = ownerComplaint();
  complaint.add(Buffer.from('x\n'.repeat(10_000)));
  for (const byte of Buffer.from(output)) complaint.add(Buffer.from([byte]));
  expect(complaint.found()).toBe(expected);
});
