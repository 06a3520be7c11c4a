import { access, constants, realpath } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { defineProblems, entry, type World } from '../../core/index.ts';

export const problem = defineProblems('node-runtime', {
  PROGRAM_MISSING: entry<{ name: string }>({
    title: 'A program for the base image is not on this machine',
    exit: 1,
    message: ({ name }) => `"${name}" is in no directory of PATH.`,
  }),
  LDD_FAILED: entry<{ path: string; reason: string }>({
    title: 'The libraries of a program could not be found',
    exit: 1,
    message: ({ path, reason }) => `ldd ${path}: ${reason}`,
  }),
});

/** The node that runs us; where that is something else, or nobody can tell, the first on PATH. */
export async function findNode(world: World): Promise<string> {
  const running = await realpath('/proc/self/exe').catch(() => '');
  return basename(running) === 'node' ? running : findProgram('node', world);
}

/** The first executable of that name on PATH. */
export async function findProgram(name: string, world: World): Promise<string> {
  for (const directory of (world.env['PATH'] ?? '').split(delimiter)) {
    const path = join(directory, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && directory !== '') return name === 'node' ? realpath(path) : path;
  }
  throw problem('PROGRAM_MISSING', { name });
}
