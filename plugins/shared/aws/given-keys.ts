import { Secret } from '../../../core/index.ts';
import type { AwsKeys } from './keys.ts';
import { problem } from './problems.ts';

/**
 * Keys out of JSON as metadata services, containers, helper programs and single sign-on give them: they differ in
 * capitals and in how they write the end.
 */
export function keysIn(text: string, from: string): AwsKeys {
  const given = lowered(parsed(text, from));
  const { accesskeyid: id, secretaccesskey: secret } = given;
  const token = given['sessiontoken'] ?? given['token'];
  if (typeof id !== 'string' || typeof secret !== 'string' || id === '' || secret === '')
    throw problem('NO_KEYS', { from, reason: 'the answer holds no access key' });
  const end = given['expiration'];
  const expires = typeof end === 'number' ? end : typeof end === 'string' ? Date.parse(end) : NaN;
  return {
    id,
    secret: new Secret(secret),
    ...(typeof token === 'string' && token !== '' && { token: new Secret(token) }),
    ...(Number.isFinite(expires) && { expires }),
  };
}

function parsed(text: string, from: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below; what was sent may hold a secret.
  }
  throw problem('NO_KEYS', { from, reason: 'the answer is no JSON' });
}

const lowered = (value: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one as unknown]));
