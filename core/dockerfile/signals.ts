import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';

/** Linux's numbers, on amd64 and arm64. */
const numbers = new Map(
  Object.entries({
    HUP: 1,
    INT: 2,
    QUIT: 3,
    ILL: 4,
    TRAP: 5,
    ABRT: 6,
    IOT: 6,
    BUS: 7,
    FPE: 8,
    KILL: 9,
    USR1: 10,
    SEGV: 11,
    USR2: 12,
    PIPE: 13,
    ALRM: 14,
    TERM: 15,
    STKFLT: 16,
    CHLD: 17,
    CLD: 17,
    CONT: 18,
    STOP: 19,
    TSTP: 20,
    TTIN: 21,
    TTOU: 22,
    URG: 23,
    XCPU: 24,
    XFSZ: 25,
    VTALRM: 26,
    PROF: 27,
    WINCH: 28,
    IO: 29,
    POLL: 29,
    PWR: 30,
    SYS: 31,
  }),
);
/** The real-time signals; the first two are the C library's own. */
const realTime = { first: 34, last: 64 };

/** The number of `SIGKILL`, `kill`, `9`, `SIGRTMIN+3`. The image config keeps the text as it was given. */
export function parseSignal(text: string, at?: Span): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = /^\d+$/.test(text) ? Number(text) : (numbers.get(name) ?? realTimeNumber(name));
  if (number !== undefined && number >= 1 && number <= realTime.last) return number;
  throw problem('SIGNAL_INVALID', { text, nearest: nearest(name, numbers.keys()) }, at ? { at } : {});
}

function realTimeNumber(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!match) return undefined;
  const [, end, sign, offset = '0'] = match;
  // RTMIN counts up only, RTMAX down only.
  if (sign !== undefined && sign !== (end === 'MIN' ? '+' : '-')) return undefined;
  const number = end === 'MIN' ? realTime.first + Number(offset) : realTime.last - Number(offset);
  return number >= realTime.first && number <= realTime.last ? number : undefined;
}
