/** strake as root, as it is published. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '../../test/support/checkout.ts';
import { cleanEnv, run } from '../../test/support/process.ts';
import { publishedScript } from './package.ts';
import type { Peer, PeerStore } from './peer.ts';

/** `scratch`: a directory for the time of the measurement. */
export function strake(scratch: string): Peer {
  return {
    name: 'strake',
    version: async () => {
      const { stdout } = await run([process.execPath, await publishedScript(scratch), '--version']);
      const { stdout: commit } = await run(['git', '-C', checkout, 'log', '-1', '--format=%h']).catch(() => ({
        stdout: '',
      }));
      return `${stdout.trim()} (${commit.trim()}, Node ${process.versions.node})`;
    },
    openStore: (directory) => openStore(directory, scratch),
  };
}

async function openStore(directory: string, scratch: string): Promise<PeerStore> {
  for (const name of ['store', 'home', 'temp']) await mkdir(join(directory, name), { recursive: true });
  const script = await publishedScript(scratch);
  const env = cleanEnv({
    HOME: join(directory, 'home'),
    STRAKE_HOME: join(directory, 'store'),
    TMPDIR: join(directory, 'temp'),
  });
  const command = (args: readonly string[]) => ({ argv: [process.execPath, script, ...args], env });
  return {
    build: ({ context, dockerfile, destination, noCache }) =>
      command([
        'build',
        '--progress=plain',
        `--file=${dockerfile}`,
        `--tag=${destination}`,
        '--push',
        ...(noCache === true ? ['--no-cache'] : []),
        context,
      ]),
    takeIn: async (base, work) => {
      const context = join(work, 'take-in');
      await mkdir(context, { recursive: true });
      await writeFile(join(context, 'Dockerfile'), `FROM ${base}\nRUN true\n`);
      return [command(['build', '--progress=plain', context])];
    },
  };
}
