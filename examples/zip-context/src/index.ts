import { definePlugin, pluginOptions, type BuildContext, type World } from 'strake';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { problem } from './problems.ts';
import { unpackZip } from './unpack-zip.ts';

const options = z.strictObject({
  /** Bytes that the files of an archive may have together. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(2 ** 31),
});

export type ZipContextOptions = z.input<typeof options>;

/** Opens `zip://app.zip`, seen from the current directory, and `zip:///srv/app.zip`. */
export const zipContext = definePlugin((given: ZipContextOptions = {}) => {
  const { maxBytes } = pluginOptions(options, given, 'zip-context');
  return {
    name: 'zip-context',
    contexts: [{ schemes: ['zip'], open: ({ location }, world) => openZip(location, maxBytes, world) }],
  };
});

async function openZip(location: string, maxBytes: number, world: World): Promise<BuildContext> {
  const path = resolve(world.cwd, location.replace(/^zip:\/\//i, ''));
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw problem('FILE_UNREADABLE', { path, reason: error.code ?? error.message }, {}, { cause: error });
  });
  try {
    // The directory goes when the build ends, however it ends.
    const root = await world.tempDir('zip');
    await unpackZip(file, root, { path, maxBytes, signal: world.signal });
    return { root, label: location, async [Symbol.asyncDispose]() {} };
  } finally {
    await file.close();
  }
}
