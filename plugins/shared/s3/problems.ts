import { defineProblems, entry } from '../../../core/index.ts';

/** Where a request went: `s3://bucket/key`, or the bucket alone; and the server, where it is not Amazon's. */
interface Where {
  readonly place: string;
  readonly server?: string;
}

const at = ({ place, server }: Where): string => (server === undefined ? place : `${place} (${server})`);

export const problem = defineProblems('s3', {
  NO_CREDENTIALS: entry<Where>({
    title: 'S3 wants credentials',
    exit: 1,
    message: (where) => `${at(where)}: the server gives it to nobody without credentials, and there are none.`,
    hint: () =>
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; roles of EC2, ECS, EKS and CI are found by themselves.',
  }),
  KEYS_REFUSED: entry<Where & { keyId: string; reason: string }>({
    title: 'S3 refuses the credentials',
    exit: 1,
    message: ({ keyId, reason, ...where }) => `${at(where)}: the server does not accept the key "${keyId}": ${reason}.`,
    hint: ({ reason }) =>
      /Expired/.test(reason)
        ? 'The credentials are over: log in again, or have them renewed.'
        : 'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile), and that they belong to this server.',
  }),
  DENIED: entry<Where & { keyId: string; needs: string; reason: string }>({
    title: 'S3 denies access',
    exit: 1,
    message: ({ keyId, reason, ...where }) => `${at(where)}: the key "${keyId}" may not do that: ${reason}.`,
    hint: ({ needs }) =>
      `It needs the permission ${needs}. Without s3:ListBucket the answer is the same for an object that is not there.`,
  }),
  BUCKET_ABSENT: entry<Where>({
    title: 'A bucket does not exist',
    exit: 1,
    message: (where) => `${at(where)}: there is no such bucket.`,
    hint: ({ server }) =>
      server === undefined
        ? 'A bucket of another S3 server needs its endpoint: S3_ENDPOINT=https://s3.example.'
        : 'Where buckets are parts of the path and not of the host name, say S3_FORCE_PATH_STYLE=true.',
  }),
  OBJECT_ABSENT: entry<Where>({
    title: 'An object does not exist',
    exit: 1,
    message: (where) => `${at(where)}: there is no such object.`,
  }),
  REFUSED: entry<Where & { status: number; reason: string }>({
    title: 'S3 refuses a request',
    exit: 1,
    message: ({ status, reason, ...where }) => `${at(where)}: the server answers ${status} ${reason}.`,
  }),
  FAILING: entry<Where & { status: number; reason: string }>({
    title: 'S3 fails',
    exit: 1,
    message: ({ status, reason, ...where }) => `${at(where)}: the server fails again and again: ${status} ${reason}.`,
  }),
  ANSWER_INVALID: entry<Where & { reason: string }>({
    title: 'S3 answers what cannot be',
    exit: 1,
    message: ({ reason, ...where }) => `${at(where)}: ${reason}.`,
    hint: () => 'Is it an S3 server that answers there, or something in front of it?',
  }),
  SETTING_INVALID: entry<{ name: string; value: string; reason: string }>({
    title: 'A setting of S3 is wrong',
    exit: 2,
    message: ({ name, value, reason }) => `${name} is "${value}"; ${reason}.`,
  }),
});
