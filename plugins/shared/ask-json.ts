import {
  defineProblems,
  entry,
  retry,
  retryAfter,
  type HttpRequest,
  type Secret,
  type World,
} from '../../core/index.ts';
import { isTransientStatus, pauseAfter } from './cloud-access.ts';

const problem = defineProblems('token', {
  SERVICE_BUSY: entry<{ host: string; status: number; wait?: number }>({
    title: 'A token service does not do its work',
    exit: 1,
    message: ({ host, status }) => `${host} was asked several times and answered with status ${status}.`,
  }),
  ANSWER_INVALID: entry<{ host: string; reason: string }>({
    title: 'A token service gave an answer that makes no sense',
    exit: 1,
    message: ({ host, reason }) => `${host}: ${reason}.`,
    hint: () => 'Something else may answer at this address, or a proxy changes what it says.',
  }),
  INSECURE: entry<{ url: string }>({
    title: 'Credentials would go over a connection that anybody can read',
    exit: 2,
    message: ({ url }) => `${url} is no https address.`,
    hint: () => 'Plain http is spoken with servers of this machine alone.',
  }),
});

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** Empty where the answer is no object. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface JsonQuestion extends Pick<HttpRequest, 'url' | 'headers' | 'signal'> {
  readonly method: 'GET' | 'POST';
  /** A form, or what is to be sent as JSON. */
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** All tries; default: 4. */
  readonly attempts?: number;
}

/** Bytes. */
const limit = 256 << 10;

/** Asks a service that speaks JSON, again where it is busy. Redirects are not followed: what is sent is secret. */
export function askJson(question: JsonQuestion, world: World): Promise<JsonAnswer> {
  const { url, form, json, attempts = 4, headers, signal = world.signal } = question;
  const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json);
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const request: HttpRequest = {
    method: question.method,
    url,
    signal,
    redirects: 0,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': type }), ...headers },
    ...(body !== undefined && { body }),
  };
  return retry({ attempts, firstDelay: 200, longestDelay: 2000, delayFor: pauseAfter, signal }, async () => {
    const response = await (await world.http()).request(request);
    const { status } = response;
    if (isTransientStatus(status)) {
      await response.discard();
      const wait = retryAfter(response.headers['retry-after']);
      throw problem('SERVICE_BUSY', { host: url.host, status, ...(wait !== undefined && { wait }) });
    }
    const text = await response.text(limit);
    return { status, headers: response.headers, text, fields: fieldsOf(text) };
  });
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** An address that may be told a secret: https, or a server of this machine. */
export function secretPlace(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (!url || (url.protocol !== 'https:' && !(here && url.protocol === 'http:')))
    throw problem('INSECURE', { url: url ? `${url.protocol}//${url.host}` : 'The address' });
  return url;
}

/** A field that has to be text. */
export function textField({ fields }: Pick<JsonAnswer, 'fields'>, name: string, host: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw problem('ANSWER_INVALID', { host, reason: `its answer has no "${name}"` });
}

/** What a token service complains about (RFC 6749 5.2), as it may be shown. */
export function complaintOf({ status, fields }: JsonAnswer, secrets: readonly (Secret | undefined)[] = []): string {
  const { error, error_description: description } = fields;
  const said = [error, description].filter((part) => typeof part === 'string').join(': ');
  const nested = (error as { message?: unknown } | undefined)?.message;
  const text = said !== '' ? said : typeof nested === 'string' ? nested : '';
  let shown = text.replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ').trim();
  for (const secret of secrets) if (secret && secret.reveal() !== '') shown = shown.replaceAll(secret.reveal(), '***');
  return `status ${status}${shown === '' ? '' : ` (${shown.slice(0, 300)})`}`;
}
