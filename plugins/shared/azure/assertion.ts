import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { Secret } from '../../../core/index.ts';
import { problem } from './problems.ts';

interface Claims {
  /** A certificate and its private key. */
  readonly pem: string;
  readonly client: string;
  readonly audience: string;
  readonly now: Date;
}

/** Seconds that an assertion is good for. */
const life = 600;

/** A JWT signed with the key of a certificate that Azure knows (certificate credentials of the identity platform). */
export function certificateAssertion({ pem, client, audience, now }: Claims, file: string): Secret {
  try {
    const certificate = new X509Certificate(pem);
    const thumbprint = (hash: string): string => createHash(hash).update(certificate.raw).digest('base64url');
    const seconds = Math.floor(now.getTime() / 1000);
    const text = [
      { alg: 'RS256', typ: 'JWT', x5t: thumbprint('sha1'), 'x5t#S256': thumbprint('sha256') },
      { aud: audience, iss: client, sub: client, jti: randomUUID(), nbf: seconds, exp: seconds + life },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return new Secret(`${text}.${sign('sha256', Buffer.from(text), createPrivateKey(pem)).toString('base64url')}`);
  } catch {
    // The reason would quote the key.
    const reason = 'it must hold a certificate and its private key without a password, as PEM';
    throw problem('FILE_UNREADABLE', { variable: 'AZURE_CLIENT_CERTIFICATE_PATH', file, reason });
  }
}
