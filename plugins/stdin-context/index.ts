import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  byteReader,
  decompressed,
  definePlugin,
  defineProblems,
  entry,
  sniffArchive,
  type BuildContext,
  type World,
} from '../../core/index.ts';
import { unpackContext } from '../shared/unpack-context.ts';

const problem = defineProblems('stdin-context', {
  NOTHING_SENT: entry<object>({
    title: 'Standard input is empty',
    exit: 2,
    message: () => 'The context is "-", but nothing came in.',
    hint: () => 'Send a Dockerfile or a tar: tar c . | strake build -',
  }),
  NOT_UNDERSTOOD: entry<object>({
    title: 'Standard input is no context',
    exit: 2,
    message: () => 'What came in is neither a tar (plain, or packed with gzip, zstd, xz or bzip2) nor a Dockerfile.',
  }),
});

/** Opens `-`: a tar of the context, packed or not, or a Dockerfile alone, as docker does. */
export const stdinContext = definePlugin(() => ({
  name: 'stdin-context',
  contexts: [{ schemes: ['stdin'], open: (_request, world) => openStdin(world) }],
}));

/** As much as a header block of a tar. */
const headSize = 512;
/** Bytes a Dockerfile may have. */
const longest = 1 << 20;

async function openStdin(world: World): Promise<BuildContext> {
  const reader = byteReader(decompressed(world.stdin()));
  const head = await reader.peek(headSize);
  if (head.length === 0) throw problem('NOTHING_SENT', {});
  const root = await world.tempDir('context');
  const context = { root, label: 'the context on standard input', async [Symbol.asyncDispose]() {} };
  if ((await sniffArchive([head])) === 'tar') {
    await unpackContext(reader.rest(), root);
    return context;
  }
  const text = await reader.read(longest + 1);
  if (text.length > longest || text.includes(0)) throw problem('NOT_UNDERSTOOD', {});
  await writeFile(join(root, 'Dockerfile'), text);
  return { ...context, dockerfile: 'Dockerfile' };
}
