import { problem, type BuildError } from '../base/errors.ts';
import type { HttpResponse } from '../contract/http.ts';
import { redactText } from './redact.ts';
import { retryAfter } from './retry-after.ts';
import type { Need } from './scopes.ts';

/** One complaint of a registry (distribution specification, error codes). */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
}

/** Bytes of an error body that are read, complaints that are shown. */
const bodyLimit = 64 << 10;
const shown = 5;

/** Reads what a registry complains about, whatever it sends: its own JSON, a proxy's page, nothing. */
export async function readDiagnostics(response: HttpResponse): Promise<Diagnostic[]> {
  const text = await response.text(bodyLimit).catch(() => '');
  return parseDiagnostics(text);
}

export function parseDiagnostics(text: string): Diagnostic[] {
  try {
    const { errors, details, message } = JSON.parse(text) as { errors?: unknown; details?: unknown; message?: unknown };
    const listed = Array.isArray(errors) ? errors.slice(0, shown).map(readOne) : [];
    if (listed.length > 0) return listed;
    const lone = details ?? message;
    return typeof lone === 'string' ? [{ code: '', message: redactText(lone) }] : [];
  } catch {
    const plain = redactText(text.replace(/<(style|script|head)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '));
    return plain === '' ? [] : [{ code: '', message: plain.replace(/\s+/g, ' ') }];
  }
}

function readOne(error: unknown): Diagnostic {
  const { code, message, detail } = (error ?? {}) as { code?: unknown; message?: unknown; detail?: unknown };
  const said = [message, typeof detail === 'string' ? detail : undefined].filter((part) => typeof part === 'string');
  return { code: typeof code === 'string' ? redactText(code) : '', message: redactText(said.join(': ')) };
}

/** `DENIED: requested access to the resource is denied` */
export const diagnosticLines = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ code, message }) => [code, message].filter((part) => part !== '').join(': '));

/** 408 and 429 too: the same request may succeed later. */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || status === 500 || status === 502 || status === 503 || status === 504;

/** Who asked, for what. */
export interface Asked {
  readonly need: Need;
  /** For people, with what is asked for: `pushing the blob 3f2a…`. */
  readonly what: string;
  readonly who: string;
  readonly anonymous: boolean;
  readonly ifDenied?: string;
}

/** A status nobody asked for as a problem. */
export function refusal(response: HttpResponse, diagnostics: readonly Diagnostic[], asked: Asked): BuildError {
  const { registry, repository, actions } = asked.need;
  const lines = diagnosticLines(diagnostics);
  const { status } = response;
  const asksFor = retryAfter(response.headers['retry-after']);
  const pause = asksFor === undefined ? {} : { wait: asksFor };
  if (status === 429)
    return problem('RATE_LIMITED', { registry, what: asked.what, anonymous: asked.anonymous, ...pause });
  if (status === 401 || status === 403)
    return problem('REGISTRY_DENIED', {
      registry,
      repository,
      actions,
      who: asked.who,
      anonymous: asked.anonymous,
      diagnostics: lines,
      ...(asked.ifDenied !== undefined && { ifDenied: asked.ifDenied }),
    });
  if (status === 404 && diagnostics.some(({ code }) => code === 'NAME_UNKNOWN'))
    return problem('REGISTRY_NAME_UNKNOWN', { registry, repository });
  return problem('REGISTRY_REFUSED', { registry, what: asked.what, status, diagnostics: lines, ...pause });
}
