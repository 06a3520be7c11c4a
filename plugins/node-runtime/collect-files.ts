import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { World } from '../../core/index.ts';
import { findProgram, problem } from './find-node.ts';

/** A file of this machine and where it stands in the image. */
export interface RuntimeFile {
  readonly source: string;
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

const run = promisify(execFile);

/** node, the shell, the programs and every library one of them is linked with, sorted by place. */
export async function collectFiles(
  wanted: { readonly node: string; readonly programs: readonly string[] },
  world: World,
): Promise<readonly RuntimeFile[]> {
  const places = new Map<string, string>([
    ['/usr/local/bin/node', wanted.node],
    ['/usr/bin/sh', '/bin/sh'],
  ]);
  for (const name of wanted.programs) places.set(`/usr/bin/${name}`, await findProgram(name, world));
  const programs = [...places.values()];
  for (const program of programs) {
    for (const library of await librariesOf(program, world)) places.set(merged(library), library);
  }
  const files = await Promise.all([...places].map(([path, source]) => describe(path, source)));
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The image has one `/usr`: `/lib`, `/lib64`, `/bin` and `/sbin` are links into it. */
const merged = (path: string): string => (/^\/(lib\w*|bin|sbin)\//.test(path) ? `/usr${path}` : path);

async function describe(path: string, named: string): Promise<RuntimeFile> {
  const source = await realpath(named);
  const { size, mtimeMs } = await stat(source);
  return { source, path, size, mtimeMs };
}

async function librariesOf(program: string, world: World): Promise<string[]> {
  try {
    const { stdout } = await run('ldd', [program], { env: { PATH: world.env['PATH'] ?? '/usr/bin:/bin' } });
    // `libc.so.6 => /lib/…/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`
    return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    // A program that stands alone has no libraries.
    if (/not a dynamic executable|statically linked/i.test(`${stderr}${message}`)) return [];
    throw problem('LDD_FAILED', { path: program, reason: (stderr ?? message).trim() });
  }
}
