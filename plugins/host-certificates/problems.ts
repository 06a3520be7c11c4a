import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('host-certificates', {
  FILE_INVALID: entry<{ path: string; reason: string }>({
    title: 'Certificates for RUN steps cannot be read',
    exit: 2,
    message: ({ path, reason }) => `${path}: ${reason}.`,
    hint: () => 'A file with certificates in PEM form is wanted; relative paths are seen from the current directory.',
  }),
});
