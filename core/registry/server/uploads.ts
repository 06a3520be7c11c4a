import { randomUUID } from 'node:crypto';
import type { Digest } from '../../base/brand.ts';
import { isDigest, meter, type Meter } from '../../base/digest.ts';
import type { BlobWriter } from '../../contract/store.ts';
import { refuse, type Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import { sizeOf, type Shelf } from './shelf.ts';

interface Session {
  readonly repository: string;
  readonly writer: BlobWriter;
  readonly meter: Meter;
  busy: boolean;
  /** `performance.now()` when it was last used. */
  used: number;
}

/** Uploads that have begun. */
export interface Uploads {
  answer(asked: Asked, repository: string, id: string): Promise<Answer>;
  /** Gives up everything unfinished. */
  close(): Promise<void>;
}

/** Milliseconds after which an upload nobody goes on with is given up. */
const forgottenAfter = 60 * 60_000;

interface Desk {
  readonly shelf: Shelf;
  readonly sessions: Map<string, Session>;
}

export function createUploads(shelf: Shelf): Uploads {
  const desk: Desk = { shelf, sessions: new Map() };
  return {
    async answer(asked, repository, id) {
      if (id === '')
        return asked.method === 'POST'
          ? start(desk, asked, repository)
          : refuse(405, 'UNSUPPORTED', 'uploads begin with POST');
      const session = desk.sessions.get(id);
      if (session?.repository !== repository) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
      if (session.busy) return refuse(409, 'BLOB_UPLOAD_INVALID', 'the upload is being written by another request');
      session.busy = true;
      try {
        return await goOn(desk, asked, id, session);
      } finally {
        session.busy = false;
        session.used = performance.now();
      }
    },
    async close() {
      for (const [id, session] of desk.sessions) await drop(desk, id, session);
    },
  };
}

async function start(desk: Desk, asked: Asked, repository: string): Promise<Answer> {
  const { shelf, sessions } = desk;
  for (const [id, session] of sessions)
    if (!session.busy && performance.now() - session.used > forgottenAfter) await drop(desk, id, session);
  const mount = asked.query.get('mount') ?? '';
  if (isDigest(mount) && (await sizeOf(shelf, mount)) !== undefined) return created(shelf, repository, mount);
  const writer = await shelf.store.blobs.writer();
  const session: Session = { repository, writer, meter: meter(), busy: false, used: performance.now() };
  const id = randomUUID();
  sessions.set(id, session);
  // With a digest, the whole blob comes along.
  return asked.query.has('digest') ? finish(desk, asked, id, session) : accepted(id, session);
}

async function goOn(desk: Desk, asked: Asked, id: string, session: Session): Promise<Answer> {
  switch (asked.method) {
    case 'GET':
      return { ...accepted(id, session), status: 204 };
    case 'PATCH':
      return (await append(asked, session)) ?? accepted(id, session);
    case 'PUT':
      return finish(desk, asked, id, session);
    case 'DELETE':
      await drop(desk, id, session);
      return { status: 204 };
    default:
      return refuse(405, 'UNSUPPORTED', 'an upload knows GET, PATCH, PUT and DELETE');
  }
}

async function finish(desk: Desk, asked: Asked, id: string, session: Session): Promise<Answer> {
  const digest = asked.query.get('digest') ?? '';
  if (!isDigest(digest)) return refuse(400, 'DIGEST_INVALID', 'the digest must be a sha256');
  const misplaced = await append(asked, session);
  if (misplaced) return misplaced;
  desk.sessions.delete(id);
  const actual = session.meter.digest();
  if (actual !== digest) {
    await session.writer.abort();
    return refuse(400, 'DIGEST_INVALID', `the uploaded bytes are ${actual}`);
  }
  await session.writer.commit(digest);
  return created(desk.shelf, session.repository, digest);
}

async function drop({ sessions }: Desk, id: string, session: Session): Promise<void> {
  sessions.delete(id);
  await session.writer.abort();
}

/** Writes the body behind what is there; an answer where it does not fit there. What came before a break stays. */
async function append(asked: Asked, { writer, meter }: Session): Promise<Answer | undefined> {
  const start = /^(?:bytes[ =])?(\d+)-\d+/.exec(asked.headers['content-range'] ?? '')?.[1];
  if (start !== undefined && Number(start) !== writer.size)
    return refuse(416, 'BLOB_UPLOAD_INVALID', `the upload has ${writer.size} bytes`, { range: rangeOf(writer.size) });
  for await (const chunk of asked.body) {
    await writer.write(chunk);
    meter.update(chunk);
  }
  return undefined;
}

/** Inclusive, and `0-0` for nothing too (distribution specification, pushing a blob in chunks). */
const rangeOf = (size: number): string => `0-${Math.max(0, size - 1)}`;

const accepted = (id: string, { repository, writer }: Session): Answer => ({
  status: 202,
  headers: {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    'docker-upload-uuid': id,
    range: rangeOf(writer.size),
    'content-length': 0,
  },
});

function created(shelf: Shelf, repository: string, digest: Digest): Answer {
  shelf.store.hold([digest]);
  return {
    status: 201,
    headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest, 'content-length': 0 },
  };
}
