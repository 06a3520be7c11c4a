/** The server's side of Git LFS: batches, and objects in a directory. The real client is Debian's git-lfs. */
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

interface Batch {
  readonly operation: 'upload' | 'download';
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

const mediaType = 'application/vnd.git-lfs+json';

export async function answerLfs(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { method = '', url: path = '' } = request;
  const oid = /^\/lfs-objects\/([0-9a-f]{64})$/.exec(path)?.[1];
  if (oid !== undefined) await answerObject(join(folder, oid), request, response);
  else if (method === 'POST' && path.endsWith('/objects/batch')) await answerBatch(folder, request, response);
  else response.writeHead(404, { 'content-type': mediaType }).end('{"message":"not here"}');
}

async function answerObject(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'PUT') {
    await once(request.pipe(createWriteStream(file)), 'close');
    response.writeHead(200).end();
  } else if (!existsSync(file)) response.writeHead(404).end();
  else {
    response.writeHead(200, { 'content-length': statSync(file).size });
    createReadStream(file).pipe(response);
  }
}

async function answerBatch(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { operation, objects } = JSON.parse(Buffer.concat(chunks).toString()) as Batch;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  const origin = `${scheme}://${request.headers.host}`;
  const { authorization } = request.headers;
  const header = authorization === undefined ? {} : { Authorization: authorization };
  const answers = objects.map((object) => {
    const there = existsSync(join(folder, object.oid));
    const action = { href: `${origin}/lfs-objects/${object.oid}`, header };
    if (operation === 'upload') return there ? object : { ...object, actions: { upload: action } };
    if (there) return { ...object, authenticated: true, actions: { download: action } };
    return { ...object, error: { code: 404, message: 'there is no such object' } };
  });
  response.writeHead(200, { 'content-type': mediaType });
  response.end(JSON.stringify({ transfer: 'basic', objects: answers }));
}
