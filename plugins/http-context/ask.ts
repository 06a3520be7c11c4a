import {
  BuildError,
  isRefused,
  isTransient,
  retry,
  retryAfter,
  shownLocation,
  type HttpRequest,
  type HttpResponse,
  type World,
} from '../../core/index.ts';
import { problem } from './problems.ts';
import { requestOf, type HttpAccess } from './settings.ts';

/** All tries of a request. */
export const attempts = 5;
/** Milliseconds. */
export const firstDelay = 500;
const longestDelay = 20_000;
/** A server that wants more patience than this is not waited for. */
const longestWait = 120_000;
const noticeableWait = 3000;

/** Statuses that the next moment may change. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Question {
  readonly headers: Readonly<Record<string, string>>;
  /** Statuses that are answers; all others are problems. */
  readonly accepts: readonly number[];
  /** The server has answered before: when nothing listens there, it may do so again. */
  readonly again?: boolean;
}

/** Asks until there is an answer, for some time. */
export async function ask(access: HttpAccess, question: Question, world: World): Promise<HttpResponse> {
  const { headers, accepts, again = false } = question;
  const http = await world.http();
  const base = requestOf(access, world.signal);
  const request: HttpRequest = { ...base, headers: { ...base.headers, ...headers } };
  /** What the server asked for with its last refusal. */
  let wait: number | undefined;
  return retry(
    {
      attempts,
      firstDelay,
      longestDelay,
      signal: world.signal,
      delayFor: (error) => (isPassing(error, again) && (wait ?? 0) <= longestWait ? wait : false),
      onRetry: (error, _, delay) => {
        if (delay >= noticeableWait) noticePause(access, error, delay, world);
      },
    },
    async () => {
      wait = undefined;
      const response = await http.request(request).catch((error: unknown) => {
        throw explained(error, access);
      });
      if (accepts.includes(response.status)) return response;
      wait = retryAfter(response.headers['retry-after'], world.now().getTime());
      await response.discard();
      throw refusal(response.status, access, wait);
    },
  );
}

/** Where nothing ever listened the name is wrong, which is told at once. */
const isPassing = (error: unknown, again: boolean): boolean =>
  (isTransient(error) && (again || !isRefused(error))) ||
  (BuildError.is(error) &&
    error.code === 'http-context/REFUSED' &&
    passing.has((error.facts as { status: number }).status));

/** A URL as it may be shown. */
export const shown = ({ url }: HttpAccess): string => shownLocation(url.href);

function refusal(status: number, access: HttpAccess, wait: number | undefined): BuildError {
  const url = shown(access);
  if (status === 401 || status === 403) return problem('DENIED', { url, status, who: access.who });
  if (status === 404 || status === 410) {
    // A repository's own page has no file's name.
    const git = /^\/[^/]+\/[^/.]+\/?$/.test(access.url.pathname);
    return problem('NOT_FOUND', { url, status, git });
  }
  const certificate = access.tls?.cert !== undefined;
  return problem('REFUSED', {
    url,
    status,
    certificate,
    ...(wait !== undefined && { wait: Math.ceil(wait / 1000) }),
  });
}

/** Core speaks of registries where a certificate is not trusted. */
function explained(error: unknown, { tls }: HttpAccess): unknown {
  if (!BuildError.is(error) || error.code !== 'TLS_UNTRUSTED') return error;
  const { host, reason } = error.facts as { host: string; reason: string };
  return problem('UNTRUSTED', { host, reason, ownCa: tls?.ca !== undefined }, {}, { cause: error });
}

function noticePause(access: HttpAccess, error: unknown, delay: number, { report }: World): void {
  report({
    type: 'notice',
    level: 'info',
    code: 'CONTEXT_WAITS',
    message: `${shown(access)}: ${BuildError.is(error) ? error.title : 'no answer'}; asking again in ${Math.ceil(delay / 1000)} s.`,
  });
}
