/** How npm reaches its registry from here. */

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Variables that name files with certificates. */
export const certificates: readonly string[] = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];

/** Of these variables those that are set. */
export const given = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** What npm needs of this machine's environment, and strake must do without. */
export const reachingNpm = (): Record<string, string> => given([...proxies, ...certificates]);
