import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('directory-cache', {
  PATH_MISSING: entry<{ side: 'src' | 'dest' }>({
    title: 'A cache has no directory',
    exit: 2,
    message: ({ side }) => `A cache of type "local" needs ${side}=DIRECTORY.`,
    hint: () => '--cache-from type=local,src=DIR reads, --cache-to type=local,dest=DIR writes.',
  }),
  NOT_WRITABLE: entry<{ path: string; reason: string }>({
    title: 'A cache cannot be written',
    exit: 1,
    message: ({ path, reason }) => `${path}: ${reason}.`,
  }),
  DAMAGED: entry<{ path: string }>({
    title: 'A file of a cache is damaged',
    exit: 1,
    message: ({ path }) => `${path} is not what was written. It was removed.`,
  }),
});
