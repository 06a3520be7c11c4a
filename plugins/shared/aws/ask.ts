import { BuildError, type HttpRequest, type World } from '../../../core/index.ts';
import { problem } from './problems.ts';

/** Bytes of an answer that are read. */
const longest = 64 << 10;
/** Milliseconds for a whole answer. */
const patience = 10_000;

export interface Question extends Pick<HttpRequest, 'url' | 'headers' | 'body'> {
  readonly method?: HttpRequest['method'];
  /** Who is asked, for people: "The metadata service of the machine". */
  readonly from: string;
  /** Milliseconds. */
  readonly patience?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One short question to a service that gives credentials; tried once more where the line or the service fails. */
export async function ask(question: Question, world: World): Promise<Answer> {
  const first = await tryAsk(question, world).catch((error: unknown) => {
    if (world.signal.aborted) throw error;
    return undefined;
  });
  return first && first.status < 500 ? first : tryAsk(question, world);
}

/** Once. */
export async function tryAsk(question: Question, world: World): Promise<Answer> {
  const { from, patience: wait = patience, method = 'GET', ...request } = question;
  const late = AbortSignal.timeout(wait);
  try {
    const http = await world.http();
    const signal = AbortSignal.any([world.signal, late]);
    const response = await http.request({ ...request, method, redirects: 0, signal });
    return { status: response.status, text: await response.text(longest) };
  } catch (error) {
    if (world.signal.aborted) throw error;
    const reason = late.aborted
      ? `it did not answer within ${wait / 1000} seconds`
      : BuildError.is(error)
        ? error.message.replace(/\.$/, '')
        : 'the connection failed';
    throw problem('NO_KEYS', { from, reason }, {}, { cause: error });
  }
}

/** The text of an answer that is none of a failure. */
export function textOf({ status, text }: Answer, from: string): string {
  if (status === 200) return text;
  const code = /<Code>([^<]{1,80})<\/Code>|"(?:code|Code|__type)"\s*:\s*"([^"]{1,80})"/.exec(text);
  const said = code?.[1] ?? code?.[2];
  throw problem('NO_KEYS', { from, reason: `it answers ${status}${said === undefined ? '' : ` ${said}`}` });
}
