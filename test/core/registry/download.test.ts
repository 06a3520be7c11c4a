/** What servers make of being asked for a part of a blob. */
import { expect, test } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import { createRegistry } from '../../../core/registry/client.ts';
import { scriptedServer } from './scripted-server.ts';
import { testWorld } from './test-world.ts';

const text = '0123456789';
const blob = { mediaType: 'x', digest: digestOf(text), size: text.length };

/** The blob from 4 on, of a server that answers with 206 and begins where it likes. */
async function readFrom4(start: number | undefined): Promise<string> {
  await using world = testWorld();
  await using server = await scriptedServer(({ path, headers }, response) => {
    if (path === '/v2/') return void response.end();
    expect(headers.range).toBe('bytes=4-');
    const range = start === undefined ? {} : { 'content-range': `bytes ${start}-9/10` };
    response.writeHead(206, range).end(text.slice(start ?? 4));
  });
  const { openBlob } = createRegistry({ world, credentials: [] });
  let read = '';
  for await (const chunk of openBlob(`${server.host}/a`, blob, 4)) read += Buffer.from(chunk).toString();
  return read;
}

test.each([
  ['at what was asked for', 4],
  ['earlier', 1],
  ['where it does not say', undefined],
])('a part that begins %s', async (_, start) => {
  expect(await readFrom4(start)).toBe('456789');
});

test('a part that begins later would leave a hole', async () => {
  await expect(readFrom4(6)).rejects.toMatchObject({
    code: 'REGISTRY_ANSWER_INVALID',
    message: expect.stringContaining('began at byte 6, not 4') as unknown,
  });
});
