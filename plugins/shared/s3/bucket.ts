import { readFile } from 'node:fs/promises';
import {
  isTransient,
  retry,
  type HttpRequest,
  type HttpResponse,
  type TlsOptions,
  type World,
} from '../../../core/index.ts';
import type { AwsKeys } from '../aws/keys.ts';
import { emptyHash, encoded, hexHash, queryText, signed } from '../aws/sign.ts';
import { isPassing, readAnswer, type S3Answer } from './answers.ts';
import type { ServerOptions } from './options.ts';
import { bucketUrl, s3Server, type S3Server } from './place.ts';
import { problem } from './problems.ts';

/** A bucket of a server: requests are signed, sent to the right region, and tried again where that makes sense. */
export interface Bucket {
  readonly name: string;
  send(request: S3Request): Promise<HttpResponse>;
  /** Milliseconds since 1970, by the clock of the server. */
  now(): number;
  /** `s3://bucket/key` */
  placeOf(key: string): string;
  /** The endpoint, where it is not Amazon's. */
  readonly server: string | undefined;
}

export interface S3Request {
  readonly method: HttpRequest['method'];
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: S3Body;
  /** Statuses that are answers; all others become problems. */
  readonly accepts: readonly number[];
  /** What one must be allowed to do: `s3:GetObject`. */
  readonly needs: string;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte. */
  readonly idleTimeout?: number;
  /** The answer is large, and read by someone who keeps nothing of it (see `HttpRequest`). */
  readonly bulk?: boolean;
}

/** Bytes that can be sent again; their digest is signed, so the server notices when others arrive. */
export type S3Body =
  | { readonly bytes: Uint8Array | string }
  | { readonly size: number; /** Hex SHA-256. */ readonly hash: string; open(): AsyncIterable<Uint8Array> };

/** How much is borne of a server. */
export interface Patience {
  /** All tries, the first included. */
  readonly attempts?: number;
  /** Milliseconds without a byte. */
  readonly idleTimeout?: number;
}

const usualAttempts = 5;
/** Milliseconds. */
const firstDelay = 150;
const longestDelay = 5000;

export async function openBucket(
  name: string,
  options: ServerOptions,
  world: World,
  patience: Patience = {},
): Promise<Bucket> {
  const server = await s3Server(options, world);
  const tls = await trust(server);
  const line: Line = { name, server, world, patience, region: server.region, ahead: 0, ...(tls && { tls }) };
  const host = server.endpoint?.host;
  return {
    name,
    now: () => serverTime(line),
    placeOf: (key) => `s3://${name}/${key}`,
    server: host,
    async send(request) {
      const signal = request.signal ?? world.signal;
      const { attempts = usualAttempts } = patience;
      try {
        return await retry({ attempts, firstDelay, longestDelay, delayFor, signal }, () => exchange(line, request));
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        const { status, reason } = error.answer;
        throw problem('FAILING', { ...whereOf(line, request), status, reason });
      }
    },
  };
}

/** What is known of a bucket and its server; the last two are learnt from refusals. */
interface Line {
  readonly name: string;
  readonly server: S3Server;
  readonly world: World;
  readonly patience: Patience;
  readonly tls?: TlsOptions;
  region: string;
  /** Milliseconds that the server's clock is ahead of ours. */
  ahead: number;
}

const serverTime = ({ world, ahead }: Line): number => world.now().getTime() + ahead;

const whereOf = ({ name, server }: Line, { key }: S3Request) => ({
  place: `s3://${name}${key === undefined ? '' : `/${key}`}`,
  ...(server.endpoint && { server: server.endpoint.host }),
});

/** One request, made again where its refusal tells how it is made right. */
async function exchange(line: Line, request: S3Request): Promise<HttpResponse> {
  for (let lessons = 0; ; lessons++) {
    const keys = await line.server.identity.keys();
    const tried = { region: line.region, ahead: line.ahead };
    const response = await ask(line, request, keys);
    if (request.accepts.includes(response.status)) return response;
    const answer = await readAnswer(response);
    if (lessons < 3 && learnt(line, answer, keys, tried)) continue;
    if (isPassing(answer)) throw new Passing(answer);
    throw refusal(answer, whereOf(line, request), keys, request);
  }
}

async function ask(line: Line, request: S3Request, keys: AwsKeys | undefined): Promise<HttpResponse> {
  const { name, server, world, patience, region, tls } = line;
  const { method, key = '', query = {}, idleTimeout = patience.idleTimeout, signal } = request;
  const http = await world.http();
  const url = bucketUrl(server, name, region);
  url.pathname += key.split('/').map(encoded).join('/');
  url.search = queryText(query);
  const { body, hash, size } = bodyOf(request.body);
  const headers = { ...request.headers, ...(size !== undefined && { 'content-length': String(size) }) };
  const now = new Date(serverTime(line));
  return http.request({
    method,
    url,
    headers: keys ? signed({ method, url, headers, bodyHash: hash, service: 's3', region, now }, keys) : headers,
    redirects: 0,
    signal: signal ? AbortSignal.any([signal, world.signal]) : world.signal,
    ...(body !== undefined && { body }),
    ...(tls && { tls }),
    ...(idleTimeout !== undefined && { idleTimeout }),
    ...(request.bulk && { bulk: true }),
  });
}

/** Does the refusal say what makes the same request succeed: another region, the right time? */
function learnt(
  line: Line,
  { status, code, region, time }: S3Answer,
  keys: AwsKeys | undefined,
  tried: Pick<Line, 'region' | 'ahead'>,
): boolean {
  if (region !== undefined && region !== tried.region && [301, 307, 400].includes(status)) {
    line.region = region;
    return true;
  }
  if (code !== 'RequestTimeTooSkewed' || time === undefined || !keys) return false;
  line.ahead = time - line.world.now().getTime();
  return Math.abs(line.ahead - tried.ahead) > 1000;
}

/** A failure that may be over a moment later. */
class Passing extends Error {
  readonly answer: S3Answer;
  constructor(answer: S3Answer) {
    super(answer.reason);
    this.answer = answer;
  }
}

function delayFor(error: unknown): number | undefined | false {
  if (error instanceof Passing)
    return error.answer.wait === undefined ? undefined : Math.min(error.answer.wait, 30_000);
  return isTransient(error) ? undefined : false;
}

function bodyOf(body: S3Body | undefined): {
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  readonly hash: string;
  readonly size?: number;
} {
  if (!body) return { hash: emptyHash };
  if ('open' in body) return { body: body.size === 0 ? '' : body.open(), hash: body.hash, size: body.size };
  return { body: body.bytes, hash: hexHash(body.bytes), size: Buffer.byteLength(body.bytes) };
}

async function trust({ caFile }: S3Server): Promise<TlsOptions | undefined> {
  if (caFile === undefined) return undefined;
  try {
    return { ca: await readFile(caFile, 'utf8') };
  } catch (error) {
    const reason = `it cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw problem('SETTING_INVALID', { name: 'AWS_CA_BUNDLE', value: caFile, reason }, {}, { cause: error });
  }
}

const keyFaults = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
];

function refusal(
  { status, code, reason }: S3Answer,
  where: { readonly place: string; readonly server?: string },
  keys: AwsKeys | undefined,
  { key, needs }: S3Request,
): Error {
  if ([400, 401, 403].includes(status) && !keys) return problem('NO_CREDENTIALS', where);
  if (keyFaults.includes(code)) return problem('KEYS_REFUSED', { ...where, keyId: keys?.id ?? '', reason: code });
  if ([401, 403].includes(status)) return problem('DENIED', { ...where, keyId: keys!.id, needs, reason });
  if (code === 'NoSuchBucket' || (status === 404 && key === undefined)) return problem('BUCKET_ABSENT', where);
  if (status === 404) return problem('OBJECT_ABSENT', where);
  return problem('REFUSED', { ...where, status, reason });
}
