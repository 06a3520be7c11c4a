import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../contract/world.ts';

/** Where distributions keep the certificates they trust; the first that is there counts, as in Go. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The PEM texts of everyone this machine trusts: the system's (or SSL_CERT_FILE and SSL_CERT_DIR in its place), and
 * NODE_EXTRA_CA_CERTS besides. Empty where there are none: Node's own list counts then.
 */
export async function trustedAuthorities(env: Env): Promise<readonly string[]> {
  const named = env['SSL_CERT_FILE'];
  const system = await firstFile(named ? [named] : systemFiles);
  const directory = env['SSL_CERT_DIR'];
  // The default directory holds the same certificates as the file, each once more.
  const listed = directory && !system ? await directoryOf(directory) : [];
  const extra = env['NODE_EXTRA_CA_CERTS'];
  const more = extra && extra !== system?.file ? await firstFile([extra]) : undefined;
  return [...(system ? [system.text] : []), ...listed, ...(more ? [more.text] : [])];
}

async function firstFile(files: readonly string[]): Promise<{ file: string; text: string } | undefined> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text?.includes('-----BEGIN')) return { file, text };
  }
  return undefined;
}

async function directoryOf(directories: string): Promise<string[]> {
  const texts: string[] = [];
  for (const directory of directories.split(':')) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((one) => /\.(pem|crt)$/.test(one))) {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      if (text.includes('-----BEGIN')) texts.push(text);
    }
  }
  return texts;
}
