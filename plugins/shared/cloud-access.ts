import { BuildError, isTransient, type HttpResponse, type Secret, type World } from '../../core/index.ts';

/** A request before and after its sender was written on it. */
export interface Question {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who asks a cloud. */
export interface Access {
  /** For people: `the service account ci@project`. */
  readonly who: string;
  /** Nobody yet: public objects need nobody. */
  readonly anonymous: boolean;
  sign(question: Question): Promise<Question>;
  /** After a refusal: is it worth asking once more, with a new token or as somebody? */
  renew(refused: Question, status: number): Promise<boolean>;
}

export interface AccessToken {
  readonly token: Secret;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Milliseconds before its end from which on a token counts as ended. */
const margin = 60_000;
/** Tokens that one download may find refused before their time. */
const renewals = 3;

/** With tokens, each fetched when the one before is about to end. */
export function bearerAccess(who: string, fetchToken: () => Promise<AccessToken>, now: () => Date): Access {
  let current: Promise<AccessToken> | undefined;
  let left = renewals;
  const token = async (): Promise<Secret> => {
    const known = await current;
    if (known !== undefined && known.expires - margin > now().getTime()) return known.token;
    current = fetchToken();
    // A failure is told to whoever asks, and asked for anew.
    current.catch(() => (current = undefined));
    return (await current).token;
  };
  return {
    who,
    anonymous: false,
    sign: async ({ headers, ...question }) => ({
      ...question,
      headers: { ...headers, authorization: `Bearer ${(await token()).reveal()}` },
    }),
    async renew({ headers }, status) {
      if (status !== 401) return false;
      const known = await current;
      // Several ranges are refused together; the first of them gets the new token.
      if (known !== undefined && headers['authorization'] !== `Bearer ${known.token.reveal()}`) return true;
      current = undefined;
      return left-- > 0;
    },
  };
}

/** As nobody, until that is refused; then `find` looks for somebody, once. */
export function anonymousAccess(find: () => Promise<Access | undefined>): Access {
  let looked = false;
  let found: Access | undefined;
  return {
    get who() {
      return found?.who ?? 'no credentials';
    },
    get anonymous() {
      return found === undefined;
    },
    sign: async (question) => found?.sign(question) ?? question,
    async renew(refused, status) {
      if (found !== undefined) return found.renew(refused, status);
      // Some say 404 or 409 of what they hide.
      if (looked || ![401, 403, 404, 409].includes(status)) return false;
      looked = true;
      found = await find();
      return found !== undefined;
    },
  };
}

/** Asks as somebody. No redirects: an object has one address, and what signs a request stays there. */
export async function askAs(
  access: Access,
  question: Question,
  world: World,
  signal = world.signal,
): Promise<HttpResponse> {
  const http = await world.http();
  for (;;) {
    const signed = await access.sign(question);
    const response = await http.request({ ...signed, signal, redirects: 0 });
    if (response.status < 400 || !(await access.renew(signed, response.status))) return response;
    await response.discard();
  }
}

/** Longer pauses that a server asks for are no pauses but refusals. */
const longestPause = 60_000;

export const isTransientStatus = (status: number): boolean => [408, 429, 500, 502, 503, 504].includes(status);

/** How long to wait before another try: problems say by `status` and `wait` in their facts; `false`: no other try. */
export function pauseAfter(error: unknown): number | undefined | false {
  if (isTransient(error)) return undefined;
  if (!BuildError.is(error)) return false;
  const { status = 0, wait } = error.facts as { status?: number; wait?: number };
  if (!isTransientStatus(status)) return false;
  return wait !== undefined && wait > longestPause ? false : wait;
}
