import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { trustedAuthorities, type World } from '../../core/index.ts';
import { problem } from './problems.ts';

export interface BundleOptions {
  /** A file in place of what this machine trusts. */
  readonly bundle?: string;
  /** Files besides. */
  readonly add?: readonly string[];
}

/** The certificates RUN steps are to trust, as one PEM text; `undefined` where this machine has none. */
export async function readBundle({ bundle, add = [] }: BundleOptions, world: World): Promise<string | undefined> {
  const trusted = bundle === undefined ? await ofThisMachine(world) : [await readPem(bundle, world)];
  const more = await Promise.all(add.map((path) => readPem(path, world)));
  const texts = [...(trusted.length === 0 && more.length > 0 ? await known() : trusted), ...more];
  return texts.length === 0 ? undefined : `${texts.map((text) => text.trim()).join('\n')}\n`;
}

/** As the programs of this machine find them: SSL_CERT_FILE or the system's file, and NODE_EXTRA_CA_CERTS. */
async function ofThisMachine({ env }: World): Promise<readonly string[]> {
  const all = await trustedAuthorities(env);
  if (all.length === 0) return all;
  const { NODE_EXTRA_CA_CERTS: _, ...others } = env;
  // The extra ones alone would take from a program everybody else it trusts.
  return (await trustedAuthorities(others)).length === 0 ? [...(await known()), ...all] : all;
}

/** Those that Node brings. */
const known = async (): Promise<readonly string[]> => (await import('node:tls')).rootCertificates;

async function readPem(path: string, { cwd }: World): Promise<string> {
  const text = await readFile(resolve(cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw problem('FILE_INVALID', { path, reason: error.code === 'ENOENT' ? 'it is not there' : (error.code ?? '') });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw problem('FILE_INVALID', { path, reason: 'it has none' });
  return text;
}
