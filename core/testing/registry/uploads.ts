import { randomUUID } from 'node:crypto';
import { digestOf, isDigest } from '../../base/digest.ts';
import { refuse, type Answer } from '../../registry/server/answer.ts';
import { isRepository } from '../../registry/server/asked.ts';
import { repositoryOf, type Repositories } from './shelves.ts';
import type { Question } from './question.ts';

interface Upload {
  readonly repository: string;
  bytes: Buffer;
  /** Changes with every answer: the next request goes where the last one said, and nowhere else. */
  state: string;
}

/** Uploads of blobs, with everything refused that the distribution specification lets a registry refuse. */
export function strictUploads(repositories: Repositories) {
  const uploads = new Map<string, Upload>();

  const accepted = (id: string, upload: Upload, status = 202): Answer => {
    upload.state = randomUUID();
    return {
      status,
      headers: {
        location: `/v2/${upload.repository}/blobs/uploads/${id}?_state=${upload.state}`,
        range: rangeOf(upload.bytes.length),
        'content-length': 0,
      },
    };
  };

  const start = (question: Question, repository: string): Answer => {
    const { query, body } = question;
    const mount = query.get('mount');
    const from = query.get('from');
    if (mount !== null) {
      if (!isDigest(mount)) return refuse(400, 'DIGEST_INVALID', 'what is mounted is named by a sha256 digest');
      if (from !== null && !isRepository(from)) return refuse(400, 'NAME_INVALID', 'mounted from no repository');
      const bytes = from === null ? undefined : repositories.get(from)?.blobs.get(mount);
      if (bytes !== undefined) return created(repositories, repository, bytes);
    }
    const upload: Upload = { repository, bytes: Buffer.alloc(0), state: '' };
    if (query.has('digest')) return close(repositories, upload, question);
    if (body.length > 0) return refuse(400, 'SIZE_INVALID', 'an upload begins without a body, or with a digest');
    const id = randomUUID();
    uploads.set(id, upload);
    return accepted(id, upload);
  };

  const goOn = (question: Question, repository: string, id: string): Answer => {
    const upload = uploads.get(id);
    if (upload?.repository !== repository) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
    if (question.method !== 'GET' && question.query.get('_state') !== upload.state)
      return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'that is not where the last answer sent you');
    switch (question.method) {
      case 'GET':
        return accepted(id, upload, 204);
      case 'PATCH':
        return append(upload, question) ?? accepted(id, upload);
      case 'PUT':
        uploads.delete(id);
        return close(repositories, upload, question);
      case 'DELETE':
        uploads.delete(id);
        return { status: 204 };
      default:
        return refuse(405, 'UNSUPPORTED', 'an upload knows GET, PATCH, PUT and DELETE');
    }
  };

  return {
    answer(question: Question, repository: string, id: string): Answer {
      if (id !== '') return goOn(question, repository, id);
      return question.method === 'POST'
        ? start(question, repository)
        : refuse(405, 'UNSUPPORTED', 'uploads begin with POST');
    },
    /** Uploads that have begun and not ended. */
    open: (): number => uploads.size,
  };
}

/** Puts a chunk behind what is there; an answer where it does not belong there. */
function append(upload: Upload, { headers, body }: Question): Answer | undefined {
  const range = headers['content-range'];
  if (range !== undefined) {
    const [, from, to] = /^(\d+)-(\d+)$/.exec(range) ?? [];
    if (from === undefined || to === undefined)
      return refuse(400, 'BLOB_UPLOAD_INVALID', 'Content-Range is first-last, without a unit');
    if (Number(from) !== upload.bytes.length)
      return refuse(416, 'BLOB_UPLOAD_INVALID', `the upload has ${upload.bytes.length} bytes`, {
        range: rangeOf(upload.bytes.length),
      });
    if (Number(to) - Number(from) + 1 !== body.length)
      return refuse(400, 'SIZE_INVALID', 'Content-Range and the body differ');
  }
  if (body.length > 0 && headers['content-type'] !== 'application/octet-stream')
    return refuse(400, 'BLOB_UPLOAD_INVALID', 'the Content-Type of a blob is application/octet-stream');
  upload.bytes = Buffer.concat([upload.bytes, body]);
  return undefined;
}

function close(repositories: Repositories, upload: Upload, question: Question): Answer {
  const digest = question.query.get('digest') ?? '';
  if (!isDigest(digest)) return refuse(400, 'DIGEST_INVALID', 'an upload ends with a sha256 digest');
  const misplaced = append(upload, question);
  if (misplaced) return misplaced;
  const actual = digestOf(upload.bytes);
  if (actual !== digest) return refuse(400, 'DIGEST_INVALID', `the uploaded bytes are ${actual}`);
  return created(repositories, upload.repository, upload.bytes);
}

function created(repositories: Repositories, repository: string, bytes: Uint8Array): Answer {
  const digest = digestOf(bytes);
  repositoryOf(repositories, repository).blobs.set(digest, bytes);
  return {
    status: 201,
    headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest, 'content-length': 0 },
  };
}

/** Inclusive, and `0-0` for nothing too (distribution specification, pushing a blob in chunks). */
const rangeOf = (size: number): string => `0-${Math.max(0, size - 1)}`;
