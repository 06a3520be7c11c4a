import { retry, retryAfter, type BuildError, type HttpResponse, type World } from '../../core/index.ts';
import { askAs, pauseAfter, type Access } from '../shared/cloud-access.ts';
import type { ObjectPlace, ObjectVersion } from '../shared/object-context.ts';
import { endOfSas } from './access.ts';
import type { AzureLocation } from './location.ts';
import { problem } from './problems.ts';

export interface AzureBlob {
  readonly location: AzureLocation;
  /** `https://account.blob.core.windows.net` */
  readonly service: string;
  readonly access: Access;
}

/** Of the service; every answer is as this version has it. */
const version = '2021-12-02';

/** A blob, read by the REST API. */
export function azureBlob(blob: AzureBlob, world: World): ObjectPlace {
  const { access } = blob;
  const url = addressOf(blob);
  const what = `${url.origin}${url.pathname}${url.search}`;
  const ask = (method: 'GET' | 'HEAD', headers: Record<string, string>, signal?: AbortSignal) =>
    askAs(access, { method, url, headers: { 'x-ms-version': version, ...headers } }, world, signal);
  const refused = (response: HttpResponse): Promise<BuildError> => refusal(blob, what, response, world);
  return {
    what,
    key: what,
    look: () =>
      retry(
        { attempts: 5, firstDelay: 200, longestDelay: 5000, delayFor: pauseAfter, signal: world.signal },
        async () => {
          const response = await ask('HEAD', {});
          if (response.status !== 200) throw await refused(response);
          await response.discard();
          return describe(what, response);
        },
      ),
    async open({ version: etag, size }, start, end, signal) {
      const range = start === 0 && end === size ? {} : { range: `bytes=${start}-${end - 1}` };
      const response = await ask('GET', { 'if-match': etag, ...range }, signal);
      const { status } = response;
      // It was overwritten, or deleted, after its description was read.
      if (status === 412) {
        await response.discard();
        return 'changed';
      }
      if (status !== 206 && !(status === 200 && start === 0)) throw await refused(response);
      checkRange(what, response, start);
      return response.body;
    },
  };
}

function addressOf({ location, service }: AzureBlob): URL {
  const { container, blob, pinned } = location;
  const path = [container, ...blob.split('/')].map(encodeURIComponent).join('/');
  const url = new URL(`${service}/${path}`);
  for (const [name, value] of pinned) url.searchParams.set(name, value);
  return url;
}

function describe(what: string, { headers }: HttpResponse): ObjectVersion {
  const { etag, 'content-length': size } = headers;
  if (etag === undefined || !/^\d+$/.test(size ?? ''))
    throw problem('ANSWER_INVALID', { what, reason: 'the description has neither ETag nor length' });
  return { version: etag, size: Number(size), md5: headers['content-md5'], encoding: headers['content-encoding'] };
}

function checkRange(what: string, { status, headers }: HttpResponse, start: number): void {
  const begins = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1];
  if (status === 206 && begins !== undefined && Number(begins) !== start)
    throw problem('ANSWER_INVALID', { what, reason: `bytes from ${start} on were asked for, ${begins} on came` });
}

async function refusal(
  { access, location }: AzureBlob,
  what: string,
  response: HttpResponse,
  world: World,
): Promise<BuildError> {
  const { status, headers } = response;
  const { who, anonymous } = access;
  const said = (headers['x-ms-error-code'] ?? '').replace(/\W/g, '').slice(0, 80);
  await response.discard();
  const end = status === 403 ? endOfSas(response) : undefined;
  if (end && end < world.now()) return problem('SAS_ENDED', { what, end: end.toISOString() });
  // Nobody is told what is missing and what is private.
  if (status === 401 || status === 403 || (anonymous && (status === 404 || status === 409)))
    return problem('DENIED', { what, who, anonymous, status, said });
  if (said === 'ContainerNotFound') return problem('CONTAINER_MISSING', { what, container: location.container });
  if (status === 404) return problem('BLOB_MISSING', { what, who });
  const wait = retryAfter(headers['retry-after']);
  return problem('REFUSED', { what, status, said, ...(wait !== undefined && { wait }) });
}
