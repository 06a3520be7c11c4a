import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('http-context', {
  NOT_FOUND: entry<{ url: string; status: number; git: boolean }>({
    title: 'There is no such file on the server',
    exit: 1,
    message: ({ url, status }) => `${url} answered with status ${status}.`,
    hint: ({ git }) =>
      git
        ? 'A repository of git? Then its location begins with git+https:// or ends with .git.'
        : 'Check the name. Some servers also say so of what is not for everybody: --http username=… or --http token-env=… log in.',
  }),
  DENIED: entry<{ url: string; status: number; who: string }>({
    title: 'The server denies access to a context',
    exit: 1,
    message: ({ url, status, who }) => `${url} answered with status ${status} (asked ${who}).`,
    hint: ({ who }) =>
      who === 'without a login'
        ? 'Log in with --http username=NAME,password-env=VARIABLE, with --http token-env=VARIABLE, or in ~/.netrc.'
        : 'Check that this login is right and may read the file.',
  }),
  REFUSED: entry<{ url: string; status: number; wait?: number; certificate: boolean }>({
    title: 'The server does not send a context',
    exit: 1,
    message: ({ url, status, wait }) =>
      `${url} answered with status ${status}${wait === undefined ? '' : ` and wants a pause of ${wait} s`}.`,
    hint: ({ status, certificate }) =>
      status >= 500 || status === 429
        ? 'It was asked several times. Try again later.'
        : status === 400 && !certificate
          ? 'It may want a certificate of the client: --http cert=FILE,key=FILE.'
          : undefined,
  }),
  UNTRUSTED: entry<{ host: string; reason: string; ownCa: boolean }>({
    title: 'The certificate of a server is not trusted',
    exit: 1,
    message: ({ host, reason }) => `${host}: ${reason}.`,
    hint: ({ ownCa }) =>
      ownCa
        ? 'The CA given with --http ca=FILE did not sign its certificate.'
        : 'Name the certificate of its CA with --http ca=FILE, or for everything with SSL_CERT_FILE.',
  }),
  CHECKSUM: entry<{ url: string; expected: string; actual: string }>({
    title: 'A context does not have the checksum it should have',
    exit: 1,
    message: ({ url, expected, actual }) => `${url} should be ${expected} but is ${actual}.`,
    hint: () => 'It is another file than it was, or it was changed on the way. Nothing of it was used.',
  }),
  BROKEN_OFF: entry<{ url: string; reached: number; size?: number }>({
    title: 'A download breaks again and again',
    exit: 1,
    message: ({ url, reached, size }) =>
      `${url}: ${reached}${size === undefined ? '' : ` of ${size}`} bytes came, however often it was tried.`,
  }),
  OPTION: entry<{ option: string; reason: string; hint?: string; group?: string }>({
    title: 'An option of a context is wrong',
    exit: 2,
    message: ({ option, reason, group = 'http' }) => `${group}.${option}: ${reason}.`,
    hint: ({ hint }) => hint,
  }),
});
