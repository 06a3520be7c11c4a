import { expect, test } from 'vitest';
import { bulkInbox } from '../../../core/registry/bulk-inbox.ts';

const megabyte = 1 << 20;

/** As a connection reads: up to so many bytes of this value. */
function fill(inbox: ReturnType<typeof bulkInbox>, value: number, bytes: number): void {
  const room = inbox.room();
  room.fill(value, 0, bytes);
  inbox.filled(Math.min(bytes, room.length));
}
const nothing = (): void => {};

test('what is lent stays as it is until the next is asked for, whatever comes meanwhile', async () => {
  const inbox = bulkInbox();
  fill(inbox, 1, megabyte);
  const first = (await inbox.next(nothing))!;
  for (let value = 2; value <= 5; value++) fill(inbox, value, megabyte);
  expect(first.every((byte) => byte === 1)).toBe(true);
  for (let value = 2; value <= 5; value++) {
    const piece = (await inbox.next(nothing))!;
    fill(inbox, value + 4, megabyte);
    expect(piece.length).toBe(megabyte);
    expect(piece.every((byte) => byte === value)).toBe(true);
  }
});

test('memory is filled again', async () => {
  const inbox = bulkInbox();
  const seen = new Set<ArrayBufferLike>();
  for (let value = 0; value < 50; value++) {
    fill(inbox, value, megabyte);
    seen.add((await inbox.next(nothing))!.buffer);
  }
  expect(seen.size).toBe(2);
});

test('says when it has room', async () => {
  const inbox = bulkInbox();
  for (let value = 0; value < 4; value++) fill(inbox, value, megabyte);
  expect([inbox.hasRoom(), inbox.isEmptying()]).toEqual([false, false]);
  await inbox.next(nothing);
  expect([inbox.hasRoom(), inbox.isEmptying()]).toEqual([true, false]);
  await inbox.next(nothing);
  await inbox.next(nothing);
  expect(inbox.isEmptying()).toBe(true);
});

test('ends with the first word, after what has come', async () => {
  const inbox = bulkInbox();
  fill(inbox, 1, 5);
  inbox.end(new Error('reset'));
  inbox.end();
  expect(await inbox.next(nothing)).toHaveLength(5);
  await expect(inbox.next(nothing)).rejects.toThrow('reset');
});
