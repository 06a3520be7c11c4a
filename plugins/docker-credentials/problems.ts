import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('docker-credentials', {
  CONFIG_UNREADABLE: entry<{ file: string; reason: string }>({
    title: 'A credentials file cannot be read',
    exit: 2,
    message: ({ file, reason }) => `${file}: ${reason}.`,
    hint: () =>
      'It is written by `docker login` and `strake login`; without any such file registries are asked anonymously.',
  }),
  HELPER_FAILED: entry<{ helper: string; server: string; reason: string }>({
    title: 'A credential helper failed',
    exit: 1,
    message: ({ helper, server, reason }) => `${helper} gave no credentials for ${server}: ${reason}.`,
    hint: ({ helper }) =>
      `Try it by hand: echo HOST | ${helper} get. The helpers in use are listed in docker's config.json.`,
  }),
});
