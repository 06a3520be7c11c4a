import { digestOf, isDigest } from '../../base/digest.ts';
import { json, refuse, type Answer } from '../../registry/server/answer.ts';
import { isRepository, isTag, parseTarget } from '../../registry/server/asked.ts';
import { parseRange } from '../../registry/server/blobs.ts';
import type { Question } from './question.ts';
import { keepManifest, manifestLimit, objectionTo, repositoryOf, type Repositories } from './shelves.ts';
import { strictUploads } from './uploads.ts';

/** Answers every request of the distribution protocol out of memory. */
export function strictAnswers(repositories: Repositories): (question: Question) => Answer {
  const uploads = strictUploads(repositories);
  return (question) => {
    const target = parseTarget(question.pathname);
    if (!target) return refuse(404, 'UNSUPPORTED', 'no such path');
    if (!('repository' in target))
      return json(target.kind === 'ping' ? {} : { repositories: [...repositories.keys()].sort() });
    if (!isRepository(target.repository)) return refuse(400, 'NAME_INVALID', 'the name of the repository is not valid');
    switch (target.kind) {
      case 'upload':
        return uploads.answer(question, target.repository, target.name);
      case 'blob':
        return blob(repositories, question, target.repository, target.name);
      case 'tags':
        return tags(repositories, question, target.repository);
      case 'manifest':
        return question.method === 'PUT'
          ? putManifest(repositories, question, target.repository, target.name)
          : manifest(repositories, question, target.repository, target.name);
    }
  };
}

function blob(repositories: Repositories, { method, headers }: Question, repository: string, name: string): Answer {
  if (!isDigest(name)) return refuse(400, 'DIGEST_INVALID', 'blobs are named by sha256 digests');
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'UNSUPPORTED', 'a blob knows GET and HEAD');
  const bytes = repositories.get(repository)?.blobs.get(name);
  if (bytes === undefined) return refuse(404, 'BLOB_UNKNOWN', `no blob ${name} in ${repository}`);
  const common = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': name,
    'accept-ranges': 'bytes',
  };
  const range = parseRange(headers.range, bytes.length);
  if (range === 'outside')
    return refuse(416, 'SIZE_INVALID', 'the range lies outside', { 'content-range': `bytes */${bytes.length}` });
  if (range === undefined) return { status: 200, headers: { ...common, 'content-length': bytes.length }, body: bytes };
  const { from, to } = range;
  const part = { 'content-length': to - from, 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` };
  return { status: 206, headers: { ...common, ...part }, body: bytes.subarray(from, to) };
}

function tags(repositories: Repositories, { method, query }: Question, repository: string): Answer {
  if (method !== 'GET') return refuse(405, 'UNSUPPORTED', 'tags know GET');
  const found = repositories.get(repository);
  if (!found) return refuse(404, 'NAME_UNKNOWN', `no repository ${repository}`);
  const last = query.get('last') ?? '';
  const after = [...found.tags.keys()].sort().filter((tag) => tag > last);
  const page = after.slice(0, Number(query.get('n') ?? after.length));
  const next = new URLSearchParams({ n: String(page.length), last: page.at(-1) ?? '' }).toString();
  const more = page.length > 0 && page.length < after.length;
  const link = more ? { link: `</v2/${repository}/tags/list?${next}>; rel="next"` } : {};
  return json({ name: repository, tags: page }, 200, link);
}

function manifest(repositories: Repositories, question: Question, repository: string, name: string): Answer {
  const { method, headers } = question;
  if (!isDigest(name) && !isTag(name)) return refuse(400, 'MANIFEST_INVALID', `"${name}" is neither tag nor digest`);
  const found = repositories.get(repository);
  const digest = isDigest(name) ? name : found?.tags.get(name);
  const stored = digest && found?.manifests.get(digest);
  if (!found || !digest || !stored) return refuse(404, 'MANIFEST_UNKNOWN', `no manifest ${name} in ${repository}`);
  if (method === 'DELETE') {
    if (isDigest(name)) {
      found.manifests.delete(digest);
      for (const [tag, named] of found.tags) if (named === digest) found.tags.delete(tag);
    } else found.tags.delete(name);
    return { status: 202, headers: { 'content-length': 0 } };
  }
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(405, 'UNSUPPORTED', 'a manifest knows GET, HEAD, PUT and DELETE');
  if (!accepts(headers.accept, stored.mediaType))
    return refuse(404, 'MANIFEST_UNKNOWN', `it is ${stored.mediaType}, which the request does not accept`);
  return {
    status: 200,
    headers: {
      'content-type': stored.mediaType,
      'content-length': stored.bytes.length,
      'docker-content-digest': digest,
      etag: `"${digest}"`,
    },
    body: stored.bytes,
  };
}

const accepts = (accept: string | undefined, type: string): boolean =>
  (accept ?? '*/*').split(',').some((one) => ['*/*', type].includes(one.split(';')[0]!.trim()));

function putManifest(repositories: Repositories, question: Question, repository: string, name: string): Answer {
  const { body, headers } = question;
  if (!isDigest(name) && !isTag(name)) return refuse(400, 'MANIFEST_INVALID', `"${name}" is neither tag nor digest`);
  if (body.length > manifestLimit)
    return refuse(413, 'MANIFEST_INVALID', `manifests have at most ${manifestLimit} bytes`);
  if (isDigest(name) && digestOf(body) !== name)
    return refuse(400, 'DIGEST_INVALID', `the manifest is ${digestOf(body)}`);
  const held = repositories.get(repository) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
  const objection = objectionTo(body, headers['content-type'], held);
  if (objection) return refuse(400, objection.code, objection.message);
  const mediaType = headers['content-type']!;
  const digest = keepManifest(repositoryOf(repositories, repository), name, { mediaType, bytes: body });
  return {
    status: 201,
    headers: {
      location: `/v2/${repository}/manifests/${digest}`,
      'docker-content-digest': digest,
      'content-length': 0,
    },
  };
}
