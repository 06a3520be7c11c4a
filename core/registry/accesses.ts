import { readFile } from 'node:fs/promises';
import { problem } from '../base/errors.ts';
import type { TlsOptions } from '../contract/http.ts';
import type { RegistryAccess, RegistryAccesses } from '../contract/registry-access.ts';
import type { World } from '../contract/world.ts';
import { tlsFromCertsD } from './certs-d.ts';

/** What is known of each registry. */
export interface Accesses {
  /** What holds for every registry counts where this one says nothing. */
  of(registry: string): RegistryAccess;
  /** With certificates read: those of the settings before those of `certs.d`. */
  tlsOf(registry: string): Promise<TlsOptions | undefined>;
  readonly isInsecure: (registry: string) => boolean;
}

export function createAccesses(
  world: Pick<World, 'env' | 'home'>,
  registries: RegistryAccesses,
  insecure: readonly string[],
): Accesses {
  const of = (registry: string): RegistryAccess => ({ ...registries.get('*'), ...registries.get(registry) });
  return {
    of,
    async tlsOf(registry) {
      const access = of(registry);
      const own = await readCertificates(registry, access);
      const folder = await tlsFromCertsD(registry, world);
      if (own === undefined && folder === undefined && !access.skipTlsVerify) return undefined;
      return { ...folder, ...own, ...(access.skipTlsVerify && { insecure: true }) };
    },
    isInsecure: (registry) => insecure.includes(registry) || of(registry).insecure === true,
  };
}

/** `undefined` where the settings name none. What cannot be read or used ends with a problem that names the file. */
async function readCertificates(registry: string, access: RegistryAccess): Promise<TlsOptions | undefined> {
  const read = async (field: 'ca' | 'cert' | 'key'): Promise<{ [P in typeof field]?: string }> => {
    const path = access[field];
    if (path === undefined) return {};
    const refused = (reason: string) => problem('REGISTRY_CERTIFICATE_INVALID', { registry, field, path, reason });
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw refused(error.code === 'ENOENT' ? 'it is not there' : `it cannot be read (${error.code})`);
    });
    if (!text.includes('-----BEGIN')) throw refused('it holds nothing in PEM form');
    return { [field]: text };
  };
  const tls: TlsOptions = { ...(await read('ca')), ...(await read('cert')), ...(await read('key')) };
  if (Object.keys(tls).length === 0) return undefined;
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext({ ...tls });
  } catch (error) {
    const path = access.cert ?? access.ca ?? '';
    const reason = `it cannot be used (${error instanceof Error ? error.message : String(error)})`;
    throw problem('REGISTRY_CERTIFICATE_INVALID', { registry, field: access.cert ? 'cert' : 'ca', path, reason });
  }
  return tls;
}
