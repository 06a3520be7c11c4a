import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

/** Bytes of a body nobody reads that are cheaper to take in than a new connection. */
const worthReading = 1 << 20;

/** Sends an answer, a stream as fast as the other side takes it. */
export async function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers = {}, body } = answer;
  const { 'content-length': length = '0', 'transfer-encoding': chunked } = request.headers;
  const unread = !request.complete && (chunked !== undefined || Number(length) > worthReading);
  const closing = unread ? { connection: 'close' } : {};
  response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0', ...headers, ...closing });
  if (request.method !== 'HEAD' && body !== undefined) {
    if (typeof body === 'string' || body instanceof Uint8Array) response.write(body);
    else
      for await (const chunk of body) {
        if (!response.write(chunk)) await drained(response);
        if (response.destroyed) return;
      }
  }
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.end(resolve);
  });
}

/** Waits until there is room, or nobody to wait for. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
    if (response.destroyed) done();
  });
}
