import { retry, retryAfter, type BuildError, type HttpResponse, type World } from '../../core/index.ts';
import { askAs, pauseAfter, type Access } from '../shared/cloud-access.ts';
import type { ObjectPlace, ObjectVersion } from '../shared/object-context.ts';
import type { GcsLocation } from './location.ts';
import { problem } from './problems.ts';

export interface GcsObject {
  readonly location: GcsLocation;
  /** For people: `gs://bucket/object`. */
  readonly what: string;
  /** `https://storage.googleapis.com` */
  readonly endpoint: string;
  readonly access: Access;
  readonly userProject: string | undefined;
}

/** Bytes of a description or a complaint. */
const limit = 256 << 10;

/** An object, read by the JSON API. */
export function gcsObject(object: GcsObject, world: World): ObjectPlace {
  const { what, endpoint, access, location } = object;
  const ask = async (query: Readonly<Record<string, string>>, headers: Record<string, string>, signal?: AbortSignal) =>
    askAs(access, { method: 'GET', url: addressOf(object, query), headers }, world, signal);
  return {
    what,
    key: `${endpoint} ${what}`,
    look: () =>
      retry(
        { attempts: 5, firstDelay: 200, longestDelay: 5000, delayFor: pauseAfter, signal: world.signal },
        async () => {
          const response = await ask({ fields: 'generation,size,md5Hash,crc32c,contentEncoding' }, {});
          if (response.status !== 200) throw await refusal(object, response);
          return describe(what, await response.text(limit));
        },
      ),
    async open({ version, size }, start, end, signal) {
      const whole = start === 0 && end === size;
      const range = whole ? {} : { range: `bytes=${start}-${end - 1}` };
      // Without it what is stored as gzip is unpacked on the way, and has other bytes than those described.
      const headers = { 'accept-encoding': 'gzip', ...range };
      const response = await ask({ alt: 'media', ifGenerationMatch: version }, headers, signal);
      const { status, headers: about } = response;
      const now = about['x-goog-generation'];
      // A version that was overwritten is gone, one that was asked for by its number is not.
      const gone = status === 404 && location.generation === undefined;
      if (status === 412 || gone || (status < 300 && now !== undefined && now !== version)) {
        await response.discard();
        return 'changed';
      }
      if (status !== 206 && !(status === 200 && start === 0)) throw await refusal(object, response);
      checkRange(what, response, start);
      return response.body;
    },
  };
}

function addressOf({ endpoint, location, userProject }: GcsObject, query: Readonly<Record<string, string>>): URL {
  const { bucket, object, generation } = location;
  const url = new URL(`${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`);
  const all = { ...query, ...(generation && { generation }), ...(userProject && { userProject }) };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url;
}

function describe(what: string, text: string): ObjectVersion {
  const read = parsed(text);
  const { generation, size, md5Hash, crc32c, contentEncoding } = read;
  if (generation === undefined || !/^\d+$/.test(generation) || !/^\d+$/.test(size ?? ''))
    throw problem('ANSWER_INVALID', { what, reason: 'the description has neither generation nor size' });
  return { version: generation, size: Number(size), md5: md5Hash, crc32c, encoding: contentEncoding };
}

/** Fields that are texts. */
function parsed(text: string): Readonly<Record<string, string | undefined>> {
  try {
    const read: unknown = JSON.parse(text);
    const fields = Object.entries(typeof read === 'object' && read !== null ? read : {});
    return Object.fromEntries(fields.filter(([, value]) => typeof value === 'string'));
  } catch {
    return {};
  }
}

function checkRange(what: string, { status, headers }: HttpResponse, start: number): void {
  const begins = /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1];
  if (status === 206 && begins !== undefined && Number(begins) !== start)
    throw problem('ANSWER_INVALID', { what, reason: `bytes from ${start} on were asked for, ${begins} on came` });
}

async function refusal(object: GcsObject, response: HttpResponse): Promise<BuildError> {
  const { what, access, location } = object;
  const { status } = response;
  const { who, anonymous } = access;
  const said = complaint(await response.text(limit).catch(() => ''));
  if (status === 404 && /bucket does not exist/i.test(said))
    return problem('BUCKET_MISSING', { bucket: location.bucket });
  if (status === 404) return problem('OBJECT_MISSING', { what, who });
  if (status === 401 || status === 403) return problem('DENIED', { what, who, anonymous, said });
  const wait = retryAfter(response.headers['retry-after']);
  return problem('REFUSED', { what, status, said, ...(wait !== undefined && { wait }) });
}

/** What the service says is wrong, without what must not be on a terminal. */
function complaint(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    const message = typeof error?.message === 'string' ? error.message : '';
    return message.replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ').slice(0, 300);
  } catch {
    return '';
  }
}
