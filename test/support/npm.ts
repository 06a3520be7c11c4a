/** This machine's npm, and how it reaches its registry from here. */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run } from './process.ts';

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Variables that name files with certificates. */
export const certificates: readonly string[] = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];

/** Of these variables those that are set. */
export const given = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** What npm needs of this machine's environment, and strake must do without. */
export const reachingNpm = (): Record<string, string> => given([...proxies, ...certificates]);

/** Where this machine's own npm is installed. */
export async function npmFolder(): Promise<string> {
  const { stdout } = await run(['sh', '-c', 'command -v npm']);
  return dirname(dirname(await realpath(stdout.trim())));
}
