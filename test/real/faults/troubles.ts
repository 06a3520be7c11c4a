/** What can befall a request, and how a build ends that meets it whenever it asks. */
import type { HttpTrouble } from '../../support/servers/http-fault-proxy.ts';

/** By trouble: `built`, or the code of the problem. */
export type Verdicts = Readonly<Record<string, string>>;

interface Trouble {
  readonly trouble: HttpTrouble;
  readonly verdict: string;
}

const denied = '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}';

export const always: Readonly<Record<string, Trouble>> = {
  429: { trouble: { status: 429, headers: { 'retry-after': '0' }, body: denied }, verdict: 'RATE_LIMITED' },
  500: { trouble: { status: 500 }, verdict: 'REGISTRY_REFUSED' },
  502: { trouble: { status: 502, body: '<html>Bad Gateway</html>' }, verdict: 'REGISTRY_REFUSED' },
  503: { trouble: { status: 503, headers: { 'retry-after': '0' } }, verdict: 'REGISTRY_REFUSED' },
  'reset at once': { trouble: 'reset at once', verdict: 'REGISTRY_UNREACHABLE' },
  'reset in the head': { trouble: 'reset in the head', verdict: 'REGISTRY_UNREACHABLE' },
  stall: { trouble: 'stall', verdict: 'REGISTRY_UNREACHABLE' },
  'tokens end': { trouble: 'tokens end', verdict: 'REGISTRY_DENIED' },
  elsewhere: { trouble: 'elsewhere', verdict: 'built' },

  'reset in the body': { trouble: 'reset in the body', verdict: 'REGISTRY_UNREACHABLE' },
  'end in the body': { trouble: 'end in the body', verdict: 'REGISTRY_UNREACHABLE' },
  'half the body': { trouble: 'half the body', verdict: 'REGISTRY_UNREACHABLE' },
  'stall in the body': { trouble: 'stall in the body', verdict: 'REGISTRY_UNREACHABLE' },
  'changed answer': { trouble: 'changed answer', verdict: 'DIGEST_MISMATCH' },
  drip: { trouble: 'drip', verdict: 'built' },

  'reset in the request': { trouble: 'reset in the request', verdict: 'REGISTRY_UNREACHABLE' },
  'changed request': { trouble: 'changed request', verdict: 'UPLOAD_DAMAGED' },
};

/** Met a single time, all of it is got over, but for bytes that are not what was asked for: they are not asked for twice. */
export const once: Verdicts = { 'changed answer': 'DIGEST_MISMATCH' };

/** Of every answer; of answers with a body; of requests with a body. */
export const answers = [
  '429',
  '500',
  '502',
  '503',
  'reset at once',
  'reset in the head',
  'stall',
  'tokens end',
  'elsewhere',
];
export const bodies = [
  'reset in the body',
  'end in the body',
  'half the body',
  'stall in the body',
  'changed answer',
  'drip',
];
export const uploads = ['reset in the request', 'changed request'];
