import { timingSafeEqual } from 'node:crypto';
import { digestOf } from '../../base/digest.ts';
import type { Secret } from '../../base/secret.ts';
import { refuse, type Answer } from './answer.ts';
import type { Asked } from './asked.ts';

/**
 * Who may do what. With a token: writes need it, and so do reads from elsewhere than this machine. Without: this
 * machine may do all, others may read.
 */
export function refusalFor(asked: Asked, local: boolean, token: Secret | undefined): Answer | undefined {
  const reads = asked.method === 'GET' || asked.method === 'HEAD';
  if (token === undefined) return reads || local ? undefined : refuse(403, 'DENIED', 'others may only read here');
  if (knows(asked.headers.authorization, token)) return undefined;
  // Clients decide by the ping whether to send credentials at all, so it asks for them.
  if (reads && local && asked.target.kind !== 'ping') return undefined;
  return refuse(401, 'UNAUTHORIZED', 'a token is needed', { 'www-authenticate': 'Basic realm="strake"' });
}

function knows(header: string | undefined, token: Secret): boolean {
  const [, scheme = '', value = ''] = /^(bearer|basic)\s+(\S+)$/i.exec(header ?? '') ?? [];
  const said =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64')
          .toString()
          .replace(/^[^:]*:/, '')
      : value;
  // Digests have one length, which timingSafeEqual wants.
  return timingSafeEqual(Buffer.from(digestOf(said)), Buffer.from(digestOf(token.reveal())));
}
