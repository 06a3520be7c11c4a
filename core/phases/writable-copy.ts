import { constants } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { hostPath } from '../base/brand.ts';
import type { BuildContext } from '../contract/model.ts';
import type { World } from '../contract/world.ts';

/** A context that others use as well, for a command of this machine to work in; sharing blocks where the disk can. */
export async function writableCopy(context: BuildContext, world: World): Promise<BuildContext> {
  const root = hostPath(join(await world.tempDir('prebuild'), 'context'));
  await cp(context.root, root, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
  });
  return { ...context, root, [Symbol.asyncDispose]: () => context[Symbol.asyncDispose]() };
}
