import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('registry-cache', {
  NO_CACHE: entry<{ reference: string; mediaType: string }>({
    title: 'The name of a cache belongs to something else',
    exit: 1,
    message: ({ reference, mediaType }) =>
      `${reference} is no cache of this version of strake (it is ${mediaType}). It is left as it is.`,
    hint: () => 'Give the cache a name of its own: registry.example/app/cache.',
  }),
  DAMAGED: entry<{ reference: string; reason: string }>({
    title: 'A cache is damaged',
    exit: 1,
    message: ({ reference, reason }) => `${reference}: ${reason}.`,
    hint: () => 'It counts as empty, and is replaced by the next build that writes it.',
  }),
  SLOW: entry<{ reference: string; seconds: number }>({
    title: 'A cache does not answer',
    exit: 1,
    message: ({ reference, seconds }) => `${reference} did not answer within ${seconds} seconds.`,
    hint: () => 'A line that slow needs timeout=SECONDS in the options of the cache.',
  }),
  CONTENDED: entry<{ reference: string; seconds: number }>({
    title: 'A cache is written by too many at the same time',
    exit: 1,
    message: ({ reference, seconds }) =>
      `${reference} was changed by others for ${seconds} seconds, each time it was to be written.`,
    hint: () => 'The steps are carried out again where they are needed. Give parallel jobs caches of their own.',
  }),
  DIGEST_WRITTEN: entry<{ reference: string }>({
    title: 'A cache to write is named by digest',
    exit: 2,
    message: ({ reference }) => `${reference} names one version of a cache, which never changes.`,
    hint: () => 'Name it by tag.',
  }),
});
