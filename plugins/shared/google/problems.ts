import { defineProblems, entry } from '../../../core/index.ts';

const howToLogIn =
  'Log in with `gcloud auth application-default login`, or name a file of credentials with GOOGLE_APPLICATION_CREDENTIALS.';

export const problem = defineProblems('google', {
  CREDENTIALS_UNREADABLE: entry<{ file: string; reason: string }>({
    title: 'A file of credentials cannot be read',
    exit: 2,
    message: ({ file, reason }) => `${file}: ${reason}.`,
    hint: () => howToLogIn,
  }),
  CREDENTIALS_UNSUPPORTED: entry<{ file: string; reason: string }>({
    title: 'Credentials of this kind are not understood',
    exit: 2,
    message: ({ file, reason }) => `${file}: ${reason}.`,
    hint: () =>
      'Understood are: keys of service accounts, logins of people, impersonation, and external accounts whose token is in a file or at an address.',
  }),
  TOKEN_REFUSED: entry<{ who: string; host: string; said: string }>({
    title: 'Google gave no token',
    exit: 1,
    message: ({ who, host, said }) => `${host} gave no token for ${who}: ${said}.`,
    hint: ({ said }) =>
      said.includes('invalid_grant')
        ? 'The key was revoked, the login has ended, or the clock of this machine is wrong.'
        : undefined,
  }),
});
