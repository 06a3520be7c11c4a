import { entry } from './entry.ts';

const seconds = (milliseconds: number): string => `${Math.max(1, Math.round(milliseconds / 1000))} s`;

/** What registries and other servers refuse, and what is wrong with what they send. */
export const registry = {
  DIGEST_MISMATCH: entry<{ what: string; expected: string; actual: string }>({
    title: 'Bytes do not have the digest they should have',
    exit: 1,
    message: ({ what, expected, actual }) => `${what} should be ${expected} but is ${actual}.`,
    hint: () => 'The bytes were changed on the way or where they are stored. Nothing of them was used.',
  }),
  HOST_UNREACHABLE: entry<{ host: string; reason: string; proxy?: string }>({
    title: 'A server cannot be reached',
    exit: 1,
    message: ({ host, reason, proxy }) =>
      `No connection to ${host}${proxy ? ` through the proxy ${proxy}` : ''}: ${reason}.`,
    hint: ({ proxy }) =>
      proxy
        ? 'HTTP_PROXY, HTTPS_PROXY and NO_PROXY say which servers are asked through a proxy.'
        : 'Where the network is behind a proxy, HTTPS_PROXY must name it.',
  }),
  CONNECTION_LOST: entry<{ host: string; reason: string }>({
    title: 'A connection broke',
    exit: 1,
    message: ({ host, reason }) => `The connection to ${host} ended too early: ${reason}.`,
  }),
  HTTP_TIMEOUT: entry<{ host: string; milliseconds: number }>({
    title: 'A server stopped answering',
    exit: 1,
    message: ({ host, milliseconds }) => `Nothing came from ${host} for ${seconds(milliseconds)}.`,
  }),
  PROXY_REFUSED: entry<{ host: string; proxy: string; status?: number }>({
    title: 'The proxy refused a connection',
    exit: 1,
    message: ({ host, proxy, status }) =>
      `The proxy ${proxy} gave no connection to ${host}${status === undefined ? '' : ` (status ${status})`}.`,
    hint: ({ status, host }) =>
      status === 407
        ? 'It wants a user and a password: HTTPS_PROXY=http://user:password@proxy:port.'
        : `If ${host} needs no proxy, add it to NO_PROXY.`,
  }),
  TLS_UNTRUSTED: entry<{ host: string; reason: string; ownCa: boolean }>({
    title: 'The certificate of a server is not trusted',
    exit: 1,
    message: ({ host, reason }) => `${host}: ${reason}.`,
    hint: ({ host, ownCa }) =>
      ownCa
        ? 'The CA given for this server did not sign its certificate.'
        : `Put the certificate of its CA (PEM) into /etc/docker/certs.d/${host}/ca.crt, or name it with SSL_CERT_FILE or NODE_EXTRA_CA_CERTS. Listed as an insecure registry, it is trusted whoever it is.`,
  }),
  TLS_FAILED: entry<{ host: string; reason: string }>({
    title: 'No secure connection could be made',
    exit: 1,
    message: ({ host, reason }) => `${host}: ${reason}.`,
    hint: ({ host }) => `If ${host} speaks plain HTTP, list it as an insecure registry.`,
  }),
  REGISTRY_CERTIFICATE_INVALID: entry<{ registry: string; field: 'ca' | 'cert' | 'key'; path: string; reason: string }>(
    {
      title: 'A certificate for a registry cannot be used',
      exit: 2,
      message: ({ registry, field, path, reason }) => `The ${field} of ${registry}, ${path}: ${reason}.`,
      hint: () =>
        'Files in PEM form are wanted; cert and key belong to each other. Paths of a config are seen from its folder.',
    },
  ),
  MIRROR_WRONG: entry<{ mirror: string; expected: string; actual: string }>({
    title: 'A mirror sent other bytes than it was asked for',
    exit: 1,
    message: ({ mirror, expected, actual }) => `${mirror} should have sent ${expected} but sent ${actual}.`,
  }),
  UPLOAD_DAMAGED: entry<{ registry: string; what: string; diagnostics: readonly string[] }>({
    title: 'An upload arrives changed',
    exit: 1,
    message: ({ registry, what, diagnostics }) =>
      [`${what}: other bytes arrived at ${registry} than were sent, again and again.`, ...diagnostics].join('\n  '),
    hint: () => 'Something between here and the registry changes uploads: a proxy, or a bad line.',
  }),
  MANIFEST_DAMAGED: entry<{ registry: string; what: string; expected: string; actual: string }>({
    title: 'The registry holds another manifest than was pushed',
    exit: 1,
    message: ({ registry, what, expected, actual }) =>
      `${what}: ${registry} stored ${actual} instead of ${expected}, again and again.`,
    hint: () =>
      'Something between here and the registry changes uploads. What it holds under this name is not what was built.',
  }),
  REDIRECTED_TOO_OFTEN: entry<{ url: string; limit: number }>({
    title: 'A server redirects without end',
    exit: 1,
    message: ({ url, limit }) => `${url} led to more than ${limit} redirects.`,
  }),
  RESPONSE_TOO_LARGE: entry<{ url: string; limit: number }>({
    title: 'An answer is larger than allowed',
    exit: 1,
    message: ({ url, limit }) => `${url} sent more than ${limit} bytes.`,
  }),
  REGISTRY_UNREACHABLE: entry<{ registry: string; what: string; reason: string }>({
    title: 'The registry cannot be reached',
    exit: 1,
    message: ({ registry, what, reason }) => `${what}: no answer from ${registry}. ${reason}`,
    hint: ({ registry }) =>
      registry === 'docker.io'
        ? 'A name without a host is one of docker.io: write the registry in front if another one was meant.'
        : `Is ${registry} the right name, and can this machine reach it?`,
  }),
  REGISTRY_DENIED: entry<{
    registry: string;
    repository: string;
    actions: readonly string[];
    /** For people: `no credentials`, `alice (docker-credentials, /root/.docker/config.json)`. */
    who: string;
    anonymous: boolean;
    diagnostics: readonly string[];
    /** What the provider of the login advises. */
    ifDenied?: string;
  }>({
    title: 'The registry denied access',
    exit: 1,
    message: ({ registry, repository, actions, who, diagnostics }) =>
      [`${registry} does not let us ${actions.join(' and ')} ${repository} (asked with ${who}).`, ...diagnostics].join(
        '\n  ',
      ),
    hint: ({ registry, anonymous, actions, ifDenied }) =>
      anonymous
        ? `Log in with \`docker login ${registry}\` or \`strake login ${registry}\`${actions.includes('push') ? '' : ', or check the name: many registries deny what does not exist'}.`
        : (ifDenied ??
          `Check that this login may ${actions.join(' and ')} there; \`docker login ${registry}\` or \`strake login ${registry}\` changes it.`),
  }),
  LOGIN_REFUSED: entry<{ registry: string; who: string; diagnostics: readonly string[] }>({
    title: 'The registry does not take the login',
    exit: 1,
    message: ({ registry, who, diagnostics }) =>
      [`${registry} does not let ${who} in with this password.`, ...diagnostics].join('\n  '),
    hint: () =>
      'Nothing was kept. Many registries want an access token in place of the password, above all with two factors.',
  }),
  LOGIN_NOWHERE: entry<Record<string, never>>({
    title: 'No plugin keeps logins',
    exit: 2,
    message: () => 'None of the plugins can keep a login.',
    hint: () => 'The standard preset has one that can: docker-credentials.',
  }),
  REGISTRY_NAME_UNKNOWN: entry<{ registry: string; repository: string }>({
    title: 'The registry has no such repository',
    exit: 1,
    message: ({ registry, repository }) => `${registry} has no repository "${repository}".`,
    hint: () => 'Check the name; a name without a host is looked up on docker.io.',
  }),
  MANIFEST_UNKNOWN: entry<{ image: string; nearest?: string; known: readonly string[] }>({
    title: 'The image does not exist in the registry',
    exit: 1,
    message: ({ image }) => `The registry has no ${image}.`,
    hint: ({ nearest, known }) =>
      nearest
        ? `Did you mean the tag "${nearest}"?`
        : known.length > 0
          ? `Some of its tags: ${known.join(', ')}.`
          : undefined,
  }),
  BLOB_UNKNOWN: entry<{ repository: string; digest: string }>({
    title: 'A blob is missing in the registry',
    exit: 1,
    message: ({ repository, digest }) => `${repository} has no blob ${digest}.`,
    hint: () => 'The registry has lost a part of the image, or it was deleted. Push the image again.',
  }),
  REGISTRY_REFUSED: entry<{
    registry: string;
    what: string;
    status: number;
    diagnostics: readonly string[];
    wait?: number;
  }>({
    title: 'The registry refused a request',
    exit: 1,
    message: ({ registry, what, status, diagnostics }) =>
      [`${what}: ${registry} answered with status ${status}.`, ...diagnostics].join('\n  '),
    hint: ({ status }) =>
      status >= 500 ? 'The registry has a problem of its own; it was asked several times.' : undefined,
  }),
  RATE_LIMITED: entry<{ registry: string; what: string; anonymous: boolean; wait?: number }>({
    title: 'The registry wants fewer requests',
    exit: 1,
    message: ({ registry, what, wait }) =>
      `${what}: ${registry} limits how much it is asked${wait === undefined ? '' : ` and wants a pause of ${seconds(wait)}`}.`,
    hint: ({ anonymous, registry }) =>
      anonymous ? `A login raises the limit on many registries: \`docker login ${registry}\`.` : undefined,
  }),
  UPLOAD_TOO_LARGE: entry<{ registry: string; what: string; size: number }>({
    title: 'The registry takes no upload of this size',
    exit: 1,
    message: ({ registry, what, size }) => `${what}: ${registry} refuses ${size} bytes.`,
    hint: () => 'Often a proxy before the registry sets the limit (nginx: client_max_body_size 0).',
  }),
  REGISTRY_ANSWER_INVALID: entry<{ registry: string; what: string; reason: string }>({
    title: 'The registry gave an answer that makes no sense',
    exit: 1,
    message: ({ registry, what, reason }) => `${what}: ${registry} ${reason}.`,
    hint: () => 'Something else than a registry may answer at this address, or a proxy changes what it says.',
  }),
  PORT_NOT_AVAILABLE: entry<{ host: string; port: number; reason: string }>({
    title: 'The registry cannot listen there',
    exit: 1,
    message: ({ host, port, reason }) => `${host}:${port} is not to be had (${reason}).`,
    hint: ({ reason }) => (reason === 'EADDRINUSE' ? 'Something else listens there; choose another port.' : undefined),
  }),
};
