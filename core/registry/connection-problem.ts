import { BuildError, problem } from '../base/errors.ts';

/** What is known where a connection fails. */
export interface ConnectionFacts {
  readonly host: string;
  readonly proxy?: string;
  readonly idleTimeout: number;
  /** The caller named a CA for this host. */
  readonly ownCa: boolean;
  /** TLS without a certificate of ours. */
  readonly nameless?: boolean;
}

const refusedReason = 'nothing listens there';

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: refusedReason,
  ENOTFOUND: 'the name is unknown',
  EAI_AGAIN: 'names cannot be looked up at the moment',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  EADDRNOTAVAIL: 'there is no way to it',
  EACCES: 'the system forbids the connection',
  EPERM: 'the system forbids the connection',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_PRX_CONN: 'the proxy ended the connection',
};

const lost: Readonly<Record<string, string>> = {
  ECONNRESET: 'the other side reset it',
  EPIPE: 'the other side closed it',
  ECONNABORTED: 'it was aborted',
  UND_ERR_SOCKET: 'the other side closed it',
  UND_ERR_INFO: 'the other side closed it',
  UND_ERR_DESTROYED: 'it was closed',
  UND_ERR_CLOSED: 'it was closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer has another length than announced',
  UND_ERR_HEADERS_OVERFLOW: 'the answer is no sensible HTTP',
};

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);

/** A failure below HTTP as a problem; problems and aborts pass through. */
export function connectionProblem(error: unknown, facts: ConnectionFacts, signal?: AbortSignal): unknown {
  if (BuildError.is(error)) return error;
  if (signal?.aborted) return signal.reason;
  const { code, cause, text } = partsOf(error);
  const options = { cause: error };
  const { host } = facts;
  const proxied = facts.proxy === undefined ? {} : { proxy: facts.proxy };
  const refusal = /^Proxy response \((\d+)\)/.exec(text);
  if (facts.proxy !== undefined && (refusal || /\b407\b/.test(text))) {
    const status = refusal ? Number(refusal[1]) : 407;
    return problem('PROXY_REFUSED', { host, proxy: facts.proxy, status }, {}, options);
  }
  const why = unreachable[code];
  if (why !== undefined) return problem('HOST_UNREACHABLE', { host, ...proxied, reason: why }, {}, options);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return problem('HTTP_TIMEOUT', { host, milliseconds: facts.idleTimeout }, {}, options);
  const broken = lost[code] ?? (code.startsWith('HPE_') ? 'the answer is no sensible HTTP' : undefined);
  if (broken !== undefined) {
    const reason = facts.nameless && saidNothing(cause) ? `${broken} without a word; ${wantsIdentity}` : broken;
    return problem('CONNECTION_LOST', { host, reason }, {}, options);
  }
  const trust = tlsReason(code, cause);
  if (trust?.name) return problem('TLS_UNTRUSTED', { host, reason: trust.reason, ownCa: facts.ownCa }, {}, options);
  if (trust !== undefined) return problem('TLS_FAILED', { host, reason: trust.reason }, {}, options);
  return error;
}

const wantsIdentity = 'perhaps it wants a certificate of the client';

/** With TLS 1.3 a server refuses a client only after the handshake, and all that is seen is the end. */
const saidNothing = (error: Error | undefined): boolean =>
  (error as { socket?: { bytesRead?: number } } | undefined)?.socket?.bytesRead === 0;

function partsOf(error: unknown): { code: string; cause: Error | undefined; text: string } {
  // Node tries all addresses of a name and reports the failures together.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const outer = first instanceof Error ? first : undefined;
  const code = outer && 'code' in outer && typeof outer.code === 'string' ? outer.code : '';
  const inner = outer?.cause instanceof Error ? outer.cause : undefined;
  if (code === 'UND_ERR_PRX_TLS' && inner) return { ...partsOf(inner), text: outer?.message ?? '' };
  return { code, cause: outer, text: outer?.message ?? '' };
}

function tlsReason(code: string, error: Error | undefined): { reason: string; name: boolean } | undefined {
  const message = (error?.message ?? '').split('\n')[0]!;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { reason: 'its certificate is for another name', name: true };
  if (code === 'CERT_HAS_EXPIRED') return { reason: 'its certificate has expired', name: true };
  if (code === 'CERT_NOT_YET_VALID') return { reason: 'its certificate is not valid yet', name: true };
  if (/_ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_REQUIRED)$/.test(code)) return { reason: wantsIdentity, name: false };
  if (untrusted.has(code)) return { reason: message, name: true };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_OSSL_')) {
    const reason = /wrong version number|packet length too long|http request/i.test(message)
      ? 'it does not speak TLS'
      : message.replace(/^.*?:error:[0-9A-F]+:/i, '').replace(/:\.\.\/.*$/, '');
    return { reason, name: false };
  }
  return undefined;
}

/** May the same request succeed a moment later? */
export const isTransient = (error: unknown): boolean =>
  BuildError.is(error) &&
  (error.code === 'CONNECTION_LOST' ||
    error.code === 'HTTP_TIMEOUT' ||
    (error.code === 'HOST_UNREACHABLE' && !/name is unknown|forbids/.test((error.facts as { reason: string }).reason)));

/** Does nothing listen at the other side? */
export const isRefused = (error: unknown): boolean =>
  BuildError.is(error) &&
  error.code === 'HOST_UNREACHABLE' &&
  (error.facts as { reason: string }).reason === refusedReason;
