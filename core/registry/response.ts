import { setImmediate } from 'node:timers/promises';
import { problem } from '../base/errors.ts';
import type { HttpResponse } from '../contract/http.ts';
import { redactUrl } from './redact.ts';

/** Bytes; larger answers are bodies to stream. */
const defaultLimit = 4 << 20;

/** What a server sent, as undici has it. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array> & { dump(options: { limit: number }): Promise<void> };
}

/** undici counts a connection as busy for one more turn; a request in that turn would open another. */
const connectionIsFree = (): Promise<void> => setImmediate();

/** An answer as the contract has it; `explain` turns failures while reading into problems. */
export function wrapResponse(url: URL, data: Answer, explain: (error: unknown) => unknown): HttpResponse {
  const body = readBody(data.body, explain);
  const bytes = async (limit = defaultLimit): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > limit) throw problem('RESPONSE_TOO_LARGE', { url: redactUrl(url), limit });
      // The memory may be lent.
      chunks.push(Uint8Array.from(chunk));
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  };
  return {
    status: data.statusCode,
    headers: joinHeaders(data.headers),
    url,
    body,
    bytes,
    text: async (limit) => Buffer.from(await bytes(limit)).toString('utf8'),
    async discard() {
      // What is left of a large body costs more than a new connection.
      await data.body.dump({ limit: 128 << 10 }).catch(() => {});
      await connectionIsFree();
    },
  };
}

function readBody(stream: AsyncIterable<Uint8Array>, explain: (error: unknown) => unknown): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield* stream;
        await connectionIsFree();
      } catch (error) {
        throw explain(error);
      }
    },
  };
}

function joinHeaders(headers: Answer['headers']): HttpResponse['headers'] {
  const joined: Record<string, string | undefined> = Object.create(null) as Record<string, string | undefined>;
  for (const [name, value] of Object.entries(headers))
    joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return joined;
}
