import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Secret, serveRegistry } from '../../core/index.ts';
import type { Invocation, Run } from '../command.ts';
import { openSession } from '../session.ts';
import { storedLayers } from '../stored-layers.ts';
import { usageProblem } from '../usage.ts';

/** `strake serve`: until it is interrupted, which is how it ends well. */
export const run: Run = async (invocation, cli) => {
  const { host, port } = addressOf(invocation);
  await using session = await openSession(invocation, cli);
  const workshop = await session.builder.workshop();
  await using _ = workshop.scope;
  const token = randomBytes(24).toString('base64url');
  await using served = await serveRegistry({
    store: workshop.store,
    host,
    port,
    token: new Secret(token),
    fetch: storedLayers(workshop),
    log: ({ method, path, status, ms }) => cli.screen.err(`${method} ${path} ${status} ${Math.round(ms)} ms\n`),
  });
  const file = invocation.text('token-file');
  if (file !== undefined) writeFileSync(resolve(cli.host.cwd(), file), token, { mode: 0o600 });
  cli.screen.out(`${served.url}\n`);
  if (!invocation.on('read-only') && file === undefined)
    cli.screen.err(`To push: docker login ${served.host} -u strake -p ${token}\n`);
  if (!cli.signal.aborted) await once(cli.signal, 'abort');
  return 0;
};

function addressOf(invocation: Invocation): { readonly host: string; readonly port: number } {
  const text = invocation.text('listen') ?? '127.0.0.1:5000';
  const match = /^(?:\[([0-9a-f:.]+)\]:|([^:]*):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535)
    throw usageProblem(invocation, `--listen is "${text}"; it must be PORT, HOST:PORT or [ADDRESS]:PORT.`);
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}
