import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('s3-cache', {
  SECRET_WRITTEN: entry<{ name: string }>({
    title: 'A secret stands in the options of a cache',
    exit: 2,
    message: ({ name }) => `A cache of type "s3" takes no ${name}: command lines and configs are read by many.`,
    hint: () => 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile: profile=NAME.',
  }),
  SLOW: entry<{ cache: string; seconds: number }>({
    title: 'A cache does not answer',
    exit: 1,
    message: ({ cache, seconds }) => `${cache} did not answer within ${seconds} seconds.`,
    hint: () => 'A line that slow needs timeout=SECONDS in the options of the cache.',
  }),
  DAMAGED: entry<{ object: string }>({
    title: 'An object of a cache is damaged',
    exit: 1,
    message: ({ object }) => `${object} is not what was written. It counts as lost.`,
  }),
  RESTLESS: entry<{ cache: string }>({
    title: 'A cache changes all the time',
    exit: 1,
    message: ({ cache }) => `${cache} was changed by others each time it was to be read.`,
  }),
});
