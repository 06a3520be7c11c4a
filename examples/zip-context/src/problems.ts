import { defineProblems, entry } from 'strake';

/** What people can meet. Codes are permanent and read `zip-context/FILE_UNREADABLE`; exit 2: the input needs a fix. */
export const problem = defineProblems('zip-context', {
  FILE_UNREADABLE: entry<{ path: string; reason: string }>({
    title: 'A zip file cannot be read',
    exit: 2,
    message: ({ path, reason }) => `${path}: ${reason}.`,
    hint: () => 'zip://app.zip is seen from the current directory, zip:///srv/app.zip from the root.',
  }),
  NOT_A_ZIP: entry<{ path: string; reason: string }>({
    title: 'A file is no zip file we understand',
    exit: 2,
    message: ({ path, reason }) => `${path}: ${reason}.`,
  }),
  ENTRY_OUTSIDE: entry<{ path: string; name: string }>({
    title: 'A zip file reaches out of its directory',
    exit: 2,
    message: ({ path, name }) => `${path} holds "${name}", which would lie outside of the context.`,
  }),
  TOO_LARGE: entry<{ path: string; limit: number }>({
    title: 'A zip file is larger than allowed',
    exit: 2,
    message: ({ path, limit }) => `The files of ${path} have more than ${limit} bytes together.`,
    hint: () => 'Raise the limit: zipContext({ maxBytes: … }).',
  }),
});
