/** Downloads over connections of their own: what a server may send, and what not. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../core/contract/http.ts';
import { readBody } from '../../../core/registry/bulk-answer.ts';
import { createHttp, type ClosableHttpClient } from '../../../core/registry/http.ts';

let server: Server;
let http: ClosableHttpClient;
let answer: (socket: Socket, request: string) => void | Promise<void>;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => void answer(socket, request.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  http = createHttp({ env: {} });
});
afterEach(async () => {
  await http.close();
  server.close();
});

const get = (more: object = {}): Promise<HttpResponse> => {
  const { port } = server.address() as AddressInfo;
  return http.request({ method: 'GET', url: new URL(`http://127.0.0.1:${port}/a?b=c`), bulk: true, ...more });
};
/** Pieces are copied, as they are lent. */
async function collect({ body }: HttpResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
const sends = (...parts: readonly (string | Buffer)[]): void => {
  answer = async (socket) => {
    for (const part of parts) {
      socket.write(part);
      // As a packet of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
  };
};
const text = async (): Promise<string> => (await collect(await get())).toString();

test('asks in full, and says how it goes on', async () => {
  let asked = '';
  answer = (socket, request) => {
    asked = request;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: a\r\nvia:  b \r\n\r\nhi');
  };
  const response = await get({ headers: { Range: 'bytes=5-' } });
  expect(response.status).toBe(200);
  expect(response.headers).toMatchObject({ 'content-length': '2', via: 'a, b' });
  expect(await response.text()).toBe('hi');
  const { port } = server.address() as AddressInfo;
  expect(asked.split('\r\n')).toEqual([
    'GET /a?b=c HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'user-agent: strake',
    'accept: */*',
    'range: bytes=5-',
    'connection: close',
    '',
    '',
  ]);
});

describe('bodies', () => {
  test('of many megabytes come whole, however slowly they are read', async () => {
    const bytes = randomBytes(20 << 20);
    sends(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`, bytes);
    const { body } = await get();
    let at = 0;
    for await (const piece of body) {
      // While this waits, memory is filled on and on, and must not be this piece's.
      if (at % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      expect(Buffer.compare(piece, bytes.subarray(at, at + piece.length))).toBe(0);
      at += piece.length;
    }
    expect(at).toBe(bytes.length);
  });

  test('in pieces of all sizes come whole', async () => {
    const bytes = randomBytes(9 << 20);
    const parts: Buffer[] = [Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')];
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 13) % 5000 || 1) {
      const piece = bytes.subarray(at, at + size);
      parts.push(
        Buffer.from(`${piece.length.toString(16)};a-rather-long-extension=${at}\r\n`),
        piece,
        Buffer.from('\r\n'),
      );
    }
    sends(Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]));
    expect((await collect(await get())).equals(bytes)).toBe(true);
  });

  test.each([
    ['with a length', ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n', 'he', 'llo and more']],
    ['to the end', ['HTTP/1.0 200 OK\r\n\r\n', 'he', 'llo']],
    [
      'in pieces',
      ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '2;x=y\r', '\nhe\r\n3\r\nl', 'lo\r\n0\r\nA: b\r\n\r\n'],
    ],
    [
      'behind a hint',
      ['HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200\r\ncontent-le', 'ngth: 5\r\n\r\nhello'],
    ],
  ])('%s', async (_, parts) => {
    sends(...parts);
    expect(await text()).toBe('hello');
  });

  test('are sent no faster than they are read', async () => {
    const megabytes = 64;
    let sent = 0;
    answer = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${megabytes << 20}\r\n\r\n`);
      for (let at = 0; at < megabytes; at++) socket.write(Buffer.alloc(1 << 20), () => (sent += 1));
    };
    const { body } = await get();
    let read = 0;
    for await (const piece of body) {
      // What the system holds for both sides comes to some megabytes.
      if (read === 0) await new Promise((resolve) => setTimeout(resolve, 300));
      if (read === 0) expect(sent).toBeLessThan(megabytes / 2);
      read += piece.length;
    }
    expect([read, sent]).toEqual([megabytes << 20, megabytes]);
  });

  test('are not looked at where their memory is another piece’s by now', async () => {
    const sent = Buffer.from('2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n');
    const memory = Buffer.alloc(3);
    let at = 0;
    const connection = {
      write: () => {},
      destroy: () => {},
      async next() {
        const count = sent.copy(memory, 0, at, at + memory.length);
        at += count;
        return count === 0 ? undefined : memory.subarray(0, count);
      },
    };
    const head = { statusCode: 200, headers: { 'transfer-encoding': 'chunked' } };
    let read = '';
    for await (const piece of readBody(connection, head, Buffer.alloc(0))) read += piece.toString();
    expect(read).toBe('hello');
  });

  test('that are none', async () => {
    sends('HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n');
    expect(await text()).toBe('');
  });
});

describe('what is wrong is said', () => {
  const gone = 'the other side closed it';
  const senseless = 'the answer is no sensible HTTP';
  test.each([
    [
      'an early end',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello',
      'the answer has another length than announced',
    ],
    ['an early end in pieces', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello', gone],
    ['no end of pieces', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', gone],
    [
      'a piece of another size',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n',
      senseless,
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello', senseless],
    ['no answer', '', gone],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', senseless],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nwhat is this\r\n\r\n', senseless],
  ])('%s', async (_, sent, reason) => {
    sends(sent);
    await expect(text()).rejects.toMatchObject({ code: 'CONNECTION_LOST', facts: { reason } });
  });

  test('headers without end, before they have one', async () => {
    answer = (socket) => void socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`);
    await expect(text()).rejects.toMatchObject({ code: 'CONNECTION_LOST', facts: { reason: senseless } });
  });

  test('silence, before the answer and in the middle of it', async () => {
    answer = () => {};
    await expect(get({ idleTimeout: 30 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
    answer = (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhello');
    const response = await get({ idleTimeout: 30 });
    await expect(collect(response)).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
  });

  test('nobody there', async () => {
    const { port } = server.address() as AddressInfo;
    server.close();
    const url = new URL(`http://127.0.0.1:${port}/`);
    await expect(http.request({ method: 'GET', url, bulk: true })).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
  });

  test('a header that would begin another one is not sent', async () => {
    await expect(get({ headers: { a: 'b\r\nc: d' } })).rejects.toThrow('header a');
  });
});

describe('connections end', () => {
  const closed = (): Promise<void> =>
    new Promise((resolve) => {
      answer = (socket) => {
        socket.once('close', () => resolve());
        socket.write('HTTP/1.1 200 OK\r\n\r\nhello');
      };
    });

  test('when nobody reads on', async () => {
    const ended = closed();
    for await (const _ of (await get()).body) break;
    await ended;
  });

  test('when the answer is not wanted', async () => {
    const ended = closed();
    await (await get()).discard();
    await ended;
  });

  test('when the build is aborted', async () => {
    const ended = closed();
    const stop = new AbortController();
    const reading = collect(await get({ signal: stop.signal }));
    stop.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
    await ended;
  });

  test('when the client closes', async () => {
    const ended = closed();
    await get();
    await http.close();
    await ended;
  });
});
