import { defineProblems, entry } from '../../../core/index.ts';

export const problem = defineProblems('azure', {
  TOKEN_REFUSED: entry<{ who: string; host: string; said: string }>({
    title: 'Azure gave no token',
    exit: 1,
    message: ({ who, host, said }) => `${host} gave no token for ${who}: ${said}.`,
    hint: ({ said }) =>
      /AADSTS7000215|AADSTS7000222|invalid_client/.test(said)
        ? 'Its secret or certificate is wrong, or has ended.'
        : undefined,
  }),
  FILE_UNREADABLE: entry<{ variable: string; file: string; reason: string }>({
    title: 'A file of credentials for Azure cannot be used',
    exit: 2,
    message: ({ variable, file, reason }) => `${file}, which ${variable} names: ${reason}.`,
  }),
});
