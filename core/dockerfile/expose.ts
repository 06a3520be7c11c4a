import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';

const protocols = ['tcp', 'udp', 'sctp'];
const highest = 65_535;

/**
 * `80`, `443/udp`, `8000-8002` as the image config lists ports: `80/tcp`. Address and host port, `127.0.0.1:80:80`,
 * are checked and dropped. Words are to be expanded before.
 */
export function parseExpose(words: readonly string[], at?: Span): readonly string[] {
  const ports = new Set<string>();
  for (const word of words) for (const port of portsOf(word, at)) ports.add(port);
  return [...ports];
}

function portsOf(word: string, at: Span | undefined): string[] {
  const fail = (reason: string): Error => problem('PORT_INVALID', { text: word, reason }, at ? { at } : {});
  const parts = word.split(':');
  const container = parts.pop()!;
  const host = parts.pop() ?? '';
  const address = parts.join(':').replace(/^\[(.*)\]$/, '$1');
  const slash = container.indexOf('/');
  const range = slash === -1 ? container : container.slice(0, slash);
  const protocol = (slash === -1 ? '' : container.slice(slash + 1)).toLowerCase() || 'tcp';
  if (range === '') throw fail('there is no port');
  if (!protocols.includes(protocol)) throw fail(`"${protocol}" is none of ${protocols.join(', ')}`);
  if (address !== '' && !isAddress(address)) throw fail(`"${address}" is no IP address`);
  const inside = rangeOf(range);
  if (typeof inside === 'string') throw fail(inside);
  const outside = host === '' ? inside : rangeOf(host);
  if (typeof outside === 'string') throw fail(outside);
  const [first, last] = inside;
  if (last > first && outside[1] - outside[0] !== last - first)
    throw fail('the ranges of host and container differ in length');
  return Array.from({ length: last - first + 1 }, (_, offset) => `${first + offset}/${protocol}`);
}

function rangeOf(text: string): readonly [first: number, last: number] | string {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return `"${text}" is neither a port nor a range of ports`;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  if (first > highest || last > highest) return `ports end at ${highest}`;
  return last < first ? 'the range runs backwards' : [first, last];
}

function isAddress(text: string): boolean {
  if (!text.includes(':'))
    return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text) && !/(?:^|\.)0\d/.test(text);
  return URL.canParse(`http://[${text}]/`);
}
