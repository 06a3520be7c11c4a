import { createReadStream, type BigIntStats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod/mini';
import {
  definePlugin,
  defineProblems,
  entry,
  pluginOptions,
  type BuildContext,
  type ContextRequest,
  type Json,
  type World,
} from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';
import { ChangedMeanwhile, contextFromArchive, type SentContext } from '../shared/unpack-context.ts';

const problem = defineProblems('tar-context', {
  UNREADABLE: entry<{ path: string; code: string }>({
    title: 'The file of a context cannot be read',
    exit: 2,
    message: ({ path, code }) => `${path}: ${reasons[code] ?? code}.`,
    hint: ({ code }) => (code === 'EISDIR' ? 'A folder needs no "tar://" before its name.' : undefined),
  }),
});

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

export interface TarContextOptions {
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

const shape = z.strictObject({ limits: limitsShape });

/** Opens files of this machine: tars, packed or not, and Dockerfiles. What did not change is not unpacked again. */
export const tarContext = definePlugin((options: TarContextOptions = {}) => {
  const limits = limitsOf(pluginOptions(shape, options, 'tar-context').limits);
  return {
    name: 'tar-context',
    contexts: [{ schemes: ['tar'], open: (request, world) => openFile(request, limits, world) }],
  };
});

async function openFile(request: ContextRequest, limits: ArchiveLimits, world: World): Promise<BuildContext> {
  const path = request.location.replace(/^tar:\/\//i, '');
  const place = resolve(world.cwd, path);
  return contextFromArchive(
    {
      label: `the context ${path}`,
      key: `file ${await realpath(place).catch(() => place)}`,
      limits,
      send: (known) => send(place, path, known, world),
    },
    request,
    world,
  );
}

/** Bytes read at a time. */
const highWaterMark = 512 << 10;
/** A file changed that shortly before it was read may change again without another time. */
const settledAfter = 2000;

async function send(place: string, path: string, known: Json | undefined, world: World) {
  const file = await opened(place, path);
  const before = stampOf(await file.stat({ bigint: true }));
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(before.stamp)) {
    await file.close();
    return 'unchanged';
  }
  const bytes = createReadStream(place, { fd: file, highWaterMark, signal: world.signal });
  const isSettled = world.now().getTime() - before.changed >= settledAfter;
  return {
    bytes: unchanging(bytes, place, before.stamp),
    size: before.size,
    ...(isSettled && { facts: () => before.stamp }),
  } satisfies SentContext;
}

async function opened(place: string, path: string): Promise<FileHandle> {
  try {
    const file = await open(place);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw problem('UNREADABLE', { path, code }, {}, { cause: error });
  }
}

/** What is another one when the file is. */
function stampOf({ ino, size, mtimeNs, ctimeNs, ctimeMs }: BigIntStats) {
  const text: Json = [ino, size, mtimeNs, ctimeNs].map(String);
  return { stamp: text, size: Number(size), changed: Number(ctimeMs) };
}

async function* unchanging(bytes: AsyncIterable<Uint8Array>, place: string, before: Json): AsyncGenerator<Uint8Array> {
  yield* bytes;
  const after = await stat(place, { bigint: true }).catch(() => undefined);
  if (JSON.stringify(after && stampOf(after).stamp) !== JSON.stringify(before))
    throw new ChangedMeanwhile('the file was written to');
}
