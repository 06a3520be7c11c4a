import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../../registry/server/answer.ts';
import { refuse } from '../../registry/server/answer.ts';
import type { Question } from './question.ts';

/** `GET /v2/app/manifests/1`: the beginning of method and path, or a pattern over them. */
export type Matching = string | RegExp;

/** A status; or `reset`: the connection breaks at once; or `truncate`: it breaks in the middle of a body. */
export type Trouble = number | 'reset' | 'truncate';

export interface FaultOptions {
  /** Of the answer, with a status: `retry-after`, `location`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How many requests meet it (1). */
  readonly times?: number;
}

interface Fault {
  readonly match: Matching;
  readonly trouble: Trouble;
  readonly headers: Readonly<Record<string, string>>;
  left: number;
}

/** What goes wrong, written down beforehand. */
export function faultScript() {
  const faults: Fault[] = [];
  return {
    add(match: Matching, trouble: Trouble, { headers = {}, times = 1 }: FaultOptions = {}): void {
      faults.push({ match, trouble, headers, left: times });
    },
    /** The fault this request meets, if any; it is used up by that. */
    take({ method, path }: Question): Fault | undefined {
      const found = faults.find((fault) => fault.left > 0 && matches(fault.match, `${method} ${path}`));
      if (found) found.left--;
      return found;
    },
    /** Those nothing has met yet: a test that scripted them in vain wants to know. */
    unmet: (): string[] => faults.filter(({ left }) => left > 0).map(({ match }) => String(match)),
  };
}

const matches = (match: Matching, line: string): boolean =>
  typeof match === 'string' ? line.startsWith(match) : match.test(line);

/** The answer of a fault with a status; a status of success has no body and no effect. */
export const faultAnswer = (status: number, headers: Readonly<Record<string, string>>): Answer =>
  status < 400
    ? { status, headers: { 'content-length': 0, ...headers } }
    : refuse(status, 'UNKNOWN', 'as the test says', { ...headers });

/** Half of the body, and then nothing. */
export function cutShort(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { body } = answer;
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0);
  response.writeHead(answer.status, { ...answer.headers });
  response.write(bytes.subarray(0, bytes.length >> 1), () => request.socket.destroy());
}
