import { createHmac } from 'node:crypto';
import type { Secret } from '../../core/index.ts';
import type { Access, Question } from '../shared/cloud-access.ts';
import { problem } from './problems.ts';

/** Headers that are signed by their place, in this order (REST reference, "Authorize with Shared Key"). */
const placed = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

/** Requests signed with the key of the account. `name` is the variable it came from. */
export function sharedKeyAccess(account: string, key: Secret, name: string, now: () => Date): Access {
  const bytes = Buffer.from(key.reveal(), 'base64');
  if (bytes.length === 0) throw problem('VARIABLE_INVALID', { name, reason: 'it is no key in base64' });
  return {
    who: `the key of ${account} (${name})`,
    anonymous: false,
    renew: async () => false,
    async sign({ method, url, headers }) {
      const dated = { ...headers, 'x-ms-date': now().toUTCString() };
      const text = stringToSign({ method, url, headers: dated }, account);
      const signature = createHmac('sha256', bytes).update(text, 'utf8').digest('base64');
      return { method, url, headers: { ...dated, authorization: `SharedKey ${account}:${signature}` } };
    },
  };
}

/** For requests without a body. */
export function stringToSign({ method, url, headers }: Question, account: string): string {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const query = [...url.searchParams].map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return [
    method,
    ...placed.map((name) => headers[name] ?? ''),
    ...own.map(([name, value]) => `${name}:${value.trim()}`),
    `/${account}${url.pathname}`,
    ...query.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`),
  ].join('\n');
}
