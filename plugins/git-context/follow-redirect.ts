import { readFile } from 'node:fs/promises';
import type { TlsOptions } from '../../core/index.ts';
import type { Bench } from './bench.ts';
import type { Remote } from './location.ts';

const furthest = 5;
const asking = '/info/refs';

/**
 * Where a server that was asked with a bearer's token leads to, found out without the token. `undefined`: nowhere. The
 * token is for the first origin alone; git itself would show it to the next one too.
 */
export async function whereItLeads(remote: Remote, { world, options }: Bench): Promise<string | undefined> {
  const http = await world.http();
  const tls = await tlsOptions(options);
  let url = new URL(`${remote.url.replace(/\/+$/, '')}${asking}?service=git-upload-pack`);
  for (let step = 0; step < furthest; step++) {
    const { origin } = url;
    const response = await http.request({
      method: 'GET',
      url,
      redirects: 0,
      signal: world.signal,
      ...(origin === remote.origin && { tls }),
    });
    await response.discard();
    const next = response.status >= 300 && response.status < 400 ? response.headers['location'] : undefined;
    if (next === undefined) return step === 0 ? undefined : repositoryAt(url);
    url = new URL(next, url);
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || origin.startsWith('https:'))) return undefined;
  }
  return undefined;
}

/** Without what was asked of it, and without a login that somebody else chose. */
function repositoryAt(url: URL): string | undefined {
  if (!url.pathname.endsWith(asking)) return undefined;
  return `${url.origin}${url.pathname.slice(0, -asking.length)}`;
}

async function tlsOptions({ ca, cert, key, ...options }: Bench['options']): Promise<TlsOptions> {
  const read = async (path: string | undefined) => (path === undefined ? undefined : readFile(path, 'utf8'));
  const [caText, certText, keyText] = await Promise.all([read(ca), read(cert), read(key)]);
  return {
    ...(caText !== undefined && { ca: caText }),
    ...(certText !== undefined && { cert: certText }),
    ...(keyText !== undefined && { key: keyText }),
    ...(options['insecure-skip-tls'] === true && { insecure: true }),
  };
}
