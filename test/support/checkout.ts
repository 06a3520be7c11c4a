/** The sources, somewhere an ordinary user can read them. */
import { cp, mkdir, readFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asUser, type OrdinaryUser } from './ordinary-user.ts';
import { run } from './process.ts';
import { exists } from './cache.ts';
import { tempDir } from './temp-dir.ts';

/** The root of the repository. */
export const checkout = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** What the command runs on. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

const own: Program = { node: process.execPath, script: join(checkout, 'cli/strake.js') };

let copy: Promise<string> | undefined;

/** The program as the user can run it: in the checkout, or, where that is closed to others, in a copy of it. */
export async function programFor(user: OrdinaryUser | undefined): Promise<Program> {
  if (user === undefined || ((await readable(user, own.node, 'x')) && (await readable(user, own.script, 'r'))))
    return own;
  copy ??= copySources();
  const root = await copy;
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

async function copySources(): Promise<string> {
  const directory = (await tempDir('checkout')).path;
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const part of ['cli', 'core', 'plugins', 'presets', 'package.json']) {
    if (await exists(join(checkout, part))) await cp(join(checkout, part), join(directory, part), { recursive: true });
  }
  const lock = JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')) as Lock;
  for (const [path, entry] of Object.entries(lock.packages)) {
    const wanted =
      path.startsWith('node_modules/') && entry.dev !== true && entry.link !== true && !path.includes('node-linux-');
    if (!wanted || !(await exists(join(checkout, path)))) continue;
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await cp(join(checkout, path), join(directory, path), { recursive: true });
  }
  await cp(process.execPath, join(directory, 'node'));
  await run(['chmod', '-R', 'a+rX', directory]);
  return directory;
}
