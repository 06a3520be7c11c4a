/** strake as it is published: made anew from this checkout, in a directory of its own. */
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../test/support/cache.ts';
import { checkout } from '../../test/support/checkout.ts';
import { cleanEnv, run } from '../../test/support/process.ts';

const parts = [
  'cli',
  'core',
  'examples',
  'plugins',
  'presets',
  'tools',
  'package.json',
  'tsconfig.json',
  'LICENSE',
  'README.md',
];
const published = ['dist', 'cli/strake.js', 'package.json'];

/** The script that starts it; made once for a `scratch`. */
export async function publishedScript(scratch: string): Promise<string> {
  const folder = join(scratch, 'package');
  const script = join(folder, 'cli/strake.js');
  if (await exists(script)) return script;
  const sources = join(scratch, 'sources');
  await mkdir(sources);
  for (const part of parts) await cp(join(checkout, part), join(sources, part), { recursive: true });
  await symlink(join(checkout, 'node_modules'), join(sources, 'node_modules'));
  await run([process.execPath, 'tools/build-package.ts'], { cwd: sources, env: cleanEnv() });
  // Without the sources beside it: where those lie, the command runs from them.
  for (const part of published) await cp(join(sources, part), join(folder, part), { recursive: true });
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return script;
}
