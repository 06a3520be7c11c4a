import { defineProblems, entry } from '../../core/index.ts';

/** What is wrong with what came as a context, wherever from. */
export const problem = defineProblems('context', {
  NOTHING_CAME: entry<{ from: string }>({
    title: 'A context is empty',
    exit: 2,
    message: ({ from }) => `${capital(from)}: not a single byte came.`,
    hint: () => 'A context is a Dockerfile, or a tar: tar c . | strake build -',
  }),
  NOT_UNDERSTOOD: entry<{ from: string; is: 'binary' | 'long' | 'zip' | 'page' }>({
    title: 'What came is no context',
    exit: 2,
    message: ({ from, is }) =>
      `${capital(from)} is neither a tar (plain, or packed with gzip, zstd, xz or bzip2) nor a Dockerfile: ${kinds[is]}.`,
    hint: ({ is }) =>
      is === 'zip'
        ? 'Pack it as a tar, or add a plugin that opens zip files: examples/zip-context is one.'
        : is === 'page'
          ? 'A login page, or a page about the file? A repository of git is named git+https://… or ends with .git.'
          : undefined,
  }),
  UNSTEADY: entry<{ from: string; reason: string }>({
    title: 'A context changes while it is read',
    exit: 1,
    message: ({ from, reason }) => `${capital(from)} was begun anew several times, and each time ${reason}.`,
  }),
  LINK_BROKEN: entry<{ path: string; target: string }>({
    title: 'A hard link of an archive leads nowhere',
    exit: 1,
    message: ({ path, target }) =>
      `"${path}" is another name of "${target}", which the archive does not have before it.`,
    hint: () => 'Make the archive again, with the file in it: tar c .',
  }),
  CANNOT_BE_WRITTEN: entry<{ path: string; code: string }>({
    title: 'A file of a context cannot be written',
    exit: 1,
    message: ({ path, code }) => `${path}: ${reasons[code] ?? code}.`,
    hint: ({ code }) =>
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'Contexts that are fetched are unpacked into the store: STRAKE_HOME names another place, `strake prune` makes room.'
        : undefined,
  }),
});

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is longer than this machine allows',
  EROFS: 'the disk is read-only',
};

const kinds = {
  binary: 'it is made of bytes that mean nothing here',
  long: 'it is text of more than 1 MiB',
  zip: 'it is a zip file',
  page: 'it is a web page',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
