import { readBody, readHead } from './bulk-answer.ts';
import { openBulk, type BulkConnection, type BulkOptions } from './bulk-connection.ts';
import type { Answer } from './response.ts';

/** Downloads over connections of their own, one each. */
export interface BulkDownloads {
  get(url: URL, headers: Readonly<Record<string, string>>, options: BulkOptions): Promise<Answer>;
  /** Ends those that are under way. */
  close(): void;
}

export function bulkDownloads(): BulkDownloads {
  const open = new Set<BulkConnection>();
  return {
    async get(url, headers, options) {
      const connection = await openBulk(url, options);
      open.add(connection);
      const done = (): void => {
        open.delete(connection);
        connection.destroy();
      };
      try {
        connection.write(requestText(url, headers));
        const { head, rest } = await readHead(connection);
        return { ...head, body: bodyOf(readBody(connection, head, rest), done) };
      } catch (error) {
        done();
        throw error;
      }
    },
    close: () => {
      for (const connection of open) connection.destroy();
    },
  };
}

const bodyOf = (pieces: AsyncGenerator<Buffer, void>, done: () => void): Answer['body'] => ({
  async *[Symbol.asyncIterator]() {
    try {
      yield* pieces;
    } finally {
      done();
    }
  },
  dump: async () => done(),
});

/** Anything else in a header would begin another one. */
const plain = /^[\t\x20-\x7e\x80-\xff]*$/;

function requestText(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, ...headers, connection: 'close' }).map(([name, value]) => {
    if (!plain.test(value)) throw new TypeError(`the header ${name} holds what no header may`);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
