/** Debian's docker-registry that speaks TLS itself and wants to see a certificate of every client. */
import { mkdir, writeFile } from 'node:fs/promises';
import { ensurePackages } from '../packages.ts';
import { startDaemon } from '../process.ts';
import { tempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';
import type { Authority } from './certificates.ts';

export interface MutualTlsRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
}

/** The authority signs for the registry and for those it lets in. */
export async function startMutualTlsRegistry(authority: Authority): Promise<MutualTlsRegistry> {
  await ensurePackages(['docker-registry']);
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir('mutual-tls-registry'));
  const server = await authority.issue('mutual-tls-registry', { hosts: ['127.0.0.1'] });
  await mkdir(directory.at('storage'));
  const tls = { certificate: server.certFile, key: server.keyFile, clientcas: [authority.caFile] };
  const config = {
    version: '0.1',
    storage: { filesystem: { rootdirectory: directory.at('storage') } },
    http: { addr: '127.0.0.1:0', secret: 'not-a-secret', tls },
  };
  await writeFile(directory.at('registry.yml'), JSON.stringify(config));
  const daemon = starting.use(startDaemon(['docker-registry', 'serve', directory.at('registry.yml')]));
  const port = await waitFor('docker-registry to listen', () => {
    if (daemon.child.exitCode !== null) throw new Error(`docker-registry ended:\n${daemon.output()}`);
    return /listening on 127\.0\.0\.1:(\d+)/.exec(daemon.output())?.[1];
  });
  const running = starting.move();
  return { host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
