import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A request that has come in whole. */
export interface Question {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function questionOf(request: IncomingMessage): Promise<Question> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const path = request.url ?? '/';
  const url = new URL(path, 'http://registry');
  return {
    method: request.method ?? 'GET',
    path,
    pathname: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}
