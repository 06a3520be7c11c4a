/** strake as root from this checkout: what was built for publishing where that is there, else its sources. */
import { access, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkout } from '../../test/support/checkout.ts';
import { exists } from '../../test/support/cache.ts';
import { cleanEnv, run } from '../../test/support/process.ts';
import type { Peer, PeerStore } from './peer.ts';

/** The script to run. `scratch` gets a folder as npm would make it, for the entry prefers sources that lie beside it. */
export async function entry(scratch: string): Promise<string> {
  if (!(await isBuilt())) return join(checkout, 'cli/strake.js');
  const script = join(scratch, 'package/cli/strake.js');
  if (await exists(script)) return script;
  await mkdir(dirname(script), { recursive: true });
  await copyFile(join(checkout, 'cli/strake.js'), script);
  await copyFile(join(checkout, 'package.json'), join(scratch, 'package/package.json'));
  await symlink(join(checkout, 'dist'), join(scratch, 'package/dist'));
  return script;
}

const isBuilt = (): Promise<boolean> =>
  access(join(checkout, 'dist/cli/main.js')).then(
    () => true,
    () => false,
  );

/** `scratch`: a directory for the time of the measurement. */
export function strake(scratch: string): Peer {
  return {
    name: 'strake',
    version: async () => {
      const { stdout } = await run([process.execPath, await entry(scratch), '--version']);
      const { stdout: commit } = await run(['git', '-C', checkout, 'log', '-1', '--format=%h']).catch(() => ({
        stdout: '',
      }));
      const form = (await isBuilt()) ? 'bundled' : 'from sources';
      return `${stdout.trim()} (${commit.trim()}, ${form}, Node ${process.versions.node})`;
    },
    openStore: (directory) => openStore(directory, scratch),
  };
}

async function openStore(directory: string, scratch: string): Promise<PeerStore> {
  for (const name of ['store', 'home', 'temp']) await mkdir(join(directory, name), { recursive: true });
  const script = await entry(scratch);
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
