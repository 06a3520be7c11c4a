/** The sources, somewhere an ordinary user can read them. */
import { cp, mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asUser, type OrdinaryUser } from './ordinary-user.ts';
import { runVariable } from './left-out.ts';
import { withLock } from './lock.ts';
import { run } from './process.ts';
import { exists } from './cache.ts';

/** The root of the repository. */
export const checkout = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** What the command runs on. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

const own: Program = { node: process.execPath, script: join(checkout, 'cli/strake.js') };

/**
 * The program as the user can run it: in the checkout, or, where that is closed to others, in a copy. The copy is made
 * once for a run of all tests, or else in `directory`.
 */
export async function programFor(user: OrdinaryUser | undefined, directory: string): Promise<Program> {
  if (user === undefined || ((await readable(user, own.node, 'x')) && (await readable(user, own.script, 'r'))))
    return own;
  const root = join(process.env[runVariable] ?? directory, 'program');
  await withLock(`${root}.lock`, async () => {
    if (!(await exists(root))) await copySources(root);
  });
  return { node: join(root, 'node'), script: join(root, 'cli/strake.js') };
}

async function readable(user: OrdinaryUser, path: string, right: 'r' | 'x'): Promise<boolean> {
  return (await asUser(user, ['test', `-${right}`, path], { cwd: '/' })).status === 0;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly optional?: boolean; readonly link?: boolean }>
  >;
}

/** Copies what the command needs: its sources, the packages it imports, and node. Everybody can read the copy. */
export async function copySources(root: string): Promise<void> {
  const draft = `${root}.draft`;
  await mkdir(draft);
  for (const part of ['cli', 'core', 'plugins', 'presets', 'package.json']) {
    if (await exists(join(checkout, part))) await cp(join(checkout, part), join(draft, part), { recursive: true });
  }
  const lock = JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, entry] of Object.entries(lock.packages)) {
    const wanted =
      path.startsWith('node_modules/') && entry.dev !== true && entry.link !== true && !path.includes('node-linux-');
    if (!wanted || !(await exists(join(checkout, path)))) continue;
    await mkdir(dirname(join(draft, path)), { recursive: true });
    await cp(join(checkout, path), join(draft, path), { recursive: true });
  }
  await cp(process.execPath, join(draft, 'node'));
  await run(['chmod', '-R', 'a+rX', draft]);
  await rename(draft, root);
}
