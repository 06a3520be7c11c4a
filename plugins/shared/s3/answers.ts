import type { HttpResponse } from '../../../core/index.ts';
import { elementText } from './xml.ts';

/** What a server says when it does not do what it was asked. */
export interface S3Answer {
  readonly status: number;
  /** `AccessDenied`, `SlowDown`; empty where it says nothing. */
  readonly code: string;
  /** For people: the code and what goes with it. */
  readonly reason: string;
  /** The region of the bucket, where it is another one than was thought. */
  readonly region?: string;
  /** Milliseconds: what the server asks to wait. */
  readonly wait?: number;
  /** Milliseconds since 1970: the server's clock. */
  readonly time?: number;
}

/** Bytes of an answer that are read. */
const longest = 64 << 10;

export async function readAnswer(response: HttpResponse): Promise<S3Answer> {
  const { status, headers } = response;
  const text = await response.text(longest).catch(() => '');
  const code = elementText(text, 'Code') ?? headers['x-amz-error-code'] ?? '';
  const said = (elementText(text, 'Message') ?? headers['x-amz-error-message'] ?? '').replace(/[\s.]+$/, '');
  const region = headers['x-amz-bucket-region'] ?? elementText(text, 'Region');
  const seconds = Number(headers['retry-after'] ?? NaN);
  const time = Date.parse(headers['date'] ?? '');
  return {
    status,
    code,
    reason: shown([code, said].filter(Boolean).join(': ')) || 'and says no more',
    ...(region !== undefined && /^[a-z0-9-]{1,40}$/.test(region) && { region }),
    ...(Number.isFinite(seconds) && { wait: seconds * 1000 }),
    ...(Number.isFinite(time) && { time }),
  };
}

/** No control characters, no end of the screen, nothing that was signed. */
const shown = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/\b[a-f\d]{64}\b/g, '***')
    .slice(0, 300);

/** May the same request succeed a moment later? */
export const isPassing = ({ status, code }: S3Answer): boolean =>
  (status >= 500 && status !== 501) ||
  status === 429 ||
  status === 408 ||
  ['SlowDown', 'RequestTimeout', 'OperationAborted'].includes(code);
