import { defineProblems, entry } from '../../../core/index.ts';

export const problem = defineProblems('aws', {
  PROFILE_UNKNOWN: entry<{ profile: string; files: readonly string[] }>({
    title: 'A profile of AWS is unknown',
    exit: 2,
    message: ({ profile, files }) => `There is no profile "${profile}" in ${files.join(' or ')}.`,
    hint: () => 'aws configure list-profiles shows those there are.',
  }),
  PROFILE_INVALID: entry<{ profile: string; reason: string }>({
    title: 'A profile of AWS cannot be used',
    exit: 2,
    message: ({ profile, reason }) => `The profile "${profile}" ${reason}.`,
  }),
  LOGIN_OVER: entry<{ profile: string }>({
    title: 'A login to AWS is over',
    exit: 1,
    message: ({ profile }) => `The profile "${profile}" logs in by single sign-on, and there is no login that lasts.`,
    hint: ({ profile }) => `aws sso login --profile ${profile}`,
  }),
  NO_KEYS: entry<{ from: string; reason: string }>({
    title: 'AWS gives no credentials',
    exit: 1,
    message: ({ from, reason }) => `${from} gives no credentials: ${reason}.`,
  }),
});
