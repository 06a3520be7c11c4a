import type { Digest, HttpResponse, Json } from '../../core/index.ts';

/** By what a file is known again. */
export interface Validators {
  /** As the server wrote it, quotes and all. */
  readonly etag?: string;
  /** Left out where the file may have changed within the second it names. */
  readonly lastModified?: string;
  /** Of all bytes; known where somebody asked for it. */
  readonly digest?: Digest;
}

/** RFC 9110 8.8.2.2: a date says for sure what a file was like only when it is older than the answer. */
const surelyOlder = 2000;

export function validatorsOf({ headers }: HttpResponse): Validators {
  const { etag, 'last-modified': lastModified, date } = headers;
  const age = Date.parse(date ?? '') - Date.parse(lastModified ?? '');
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && age >= surelyOlder && { lastModified }),
  };
}

/** What a request says so that only something else is sent. */
export function unlessSame({ etag, lastModified }: Validators): Record<string, string> {
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

/** What stands for the very same bytes; a weak tag does not. */
export const strongOf = ({ etag, lastModified }: Validators): string | undefined =>
  etag === undefined ? lastModified : etag.startsWith('W/') ? undefined : etag;

export const isKnown = ({ etag, lastModified, digest }: Validators): boolean =>
  (etag ?? lastModified ?? digest) !== undefined;

export const asJson = (validators: Validators): Json => ({ ...validators });
