import { failure, type BulkConnection } from './bulk-connection.ts';

/** The start of an answer (RFC 9112). */
export interface AnswerHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Bytes that status and headers may take. */
const longestHead = 64 << 10;

const senseless = (what: string): Error => failure('HPE_INVALID', what);

/** Reads status and headers; what came of the body with them is given along. */
export async function readHead(connection: BulkConnection): Promise<{ head: AnswerHead; rest: Buffer }> {
  let held = Buffer.alloc(0);
  for (;;) {
    const end = held.indexOf('\r\n\r\n');
    if (end === -1) {
      if (held.length > longestHead) throw failure('UND_ERR_HEADERS_OVERFLOW', 'the headers have no end');
      const piece = await connection.next();
      if (!piece) throw failure('UND_ERR_SOCKET', 'closed before it answered');
      held = Buffer.concat([held, piece]);
      continue;
    }
    const head = parseHead(held.toString('latin1', 0, end));
    held = held.subarray(end + 4);
    // 1xx: the answer is yet to come.
    if (head.statusCode >= 200) return { head, rest: held };
  }
}

export function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw senseless('no status');
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? [];
    if (name === undefined || value.includes('\n')) throw senseless('a header that is none');
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return { statusCode: Number(status), headers };
}

/** The body of an answer, without what frames it. Whatever is wrong with its end is an error. */
export async function* readBody(
  connection: BulkConnection,
  { statusCode, headers }: AnswerHead,
  rest: Buffer,
): AsyncGenerator<Buffer, void> {
  if (statusCode === 204 || statusCode === 304) return;
  const pieces = piecesOf(connection, rest);
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    if (String(coding).toLowerCase() !== 'chunked') throw senseless('a transfer coding that nobody asked for');
    yield* unchunked(pieces);
    return;
  }
  const length = headers['content-length'];
  if (length === undefined) yield* pieces;
  else yield* exactly(pieces, length);
}

async function* piecesOf(connection: BulkConnection, rest: Buffer): AsyncGenerator<Buffer, void> {
  if (rest.length > 0) yield rest;
  for (let piece = await connection.next(); piece; piece = await connection.next()) yield piece;
}

async function* exactly(pieces: AsyncGenerator<Buffer, void>, length: string | string[]): AsyncGenerator<Buffer, void> {
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length)) throw senseless('a length that is none');
  let left = Number(length);
  while (left > 0) {
    const { done, value } = await pieces.next();
    if (done) throw failure('UND_ERR_RES_CONTENT_LENGTH_MISMATCH', `${left} bytes are missing`);
    const piece = value.length > left ? value.subarray(0, left) : value;
    left -= piece.length;
    yield piece;
  }
}

/** RFC 9112 7.1: pieces with their sizes before them, the last one of none, then trailers. */
async function* unchunked(pieces: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    // What is held is only lent until the next piece comes.
    const before = Buffer.from(held);
    const { done, value } = await pieces.next();
    if (done) throw failure('UND_ERR_SOCKET', 'closed in the middle');
    held = before.length === 0 ? value : Buffer.concat([before, value]);
  };
  const line = async (): Promise<string> => {
    let end = held.indexOf('\r\n');
    for (; end === -1; end = held.indexOf('\r\n')) {
      if (held.length > longestHead) throw senseless('a line without end');
      await more();
    }
    const text = held.toString('latin1', 0, end);
    held = held.subarray(end + 2);
    return text;
  };
  for (;;) {
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(await line())?.[1];
    if (size === undefined) throw senseless('a piece without its size');
    let left = Number.parseInt(size, 16);
    if (left === 0) break;
    while (left > 0) {
      if (held.length === 0) await more();
      const piece = held.subarray(0, left);
      held = held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    if ((await line()) !== '') throw senseless('a piece longer than its size');
  }
  while ((await line()) !== '');
}
