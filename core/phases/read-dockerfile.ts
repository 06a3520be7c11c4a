import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { problem } from '../base/errors.ts';
import type { SourceText } from '../base/source-text.ts';
import { nearest } from '../base/suggest.ts';
import type { BuildContext, ImageRequest } from '../contract/model.ts';
import type { World } from '../contract/world.ts';
import type { FsPath } from '../rootfs/host-path.ts';
import type { FileAt } from './context-files.ts';
import { isLocalContext } from './context-location.ts';

export interface FoundDockerfile {
  readonly source: SourceText;
  /** Where it lies; absent for text that came without a file. */
  readonly path?: string;
}

/** The Dockerfile of a request: its own text, `-f`, or `Dockerfile` (else `dockerfile`) of the context. */
export async function readDockerfile(
  request: ImageRequest,
  context: BuildContext,
  world: World,
  fileAt: FileAt = (path) => path,
): Promise<FoundDockerfile> {
  if (request.dockerfileText !== undefined) return { source: { name: 'Dockerfile', text: request.dockerfileText } };
  if (request.dockerfile === '-') return { source: { name: '<stdin>', text: await readAll(world.stdin()) } };
  const named = request.dockerfile ?? context.dockerfile;
  if (named !== undefined) {
    const from = request.dockerfile !== undefined && isLocalContext(request.context) ? world.cwd : context.root;
    const path = resolve(from, named);
    const inContext = from === context.root ? undefined : join(context.root, named);
    return read(path, request, world, fileAt, inContext);
  }
  const usual = join(context.root, 'Dockerfile');
  const lower = join(context.root, 'dockerfile');
  const text = (await textOf(fileAt(usual))) ?? (await textOf(fileAt(lower)));
  if (text === undefined) throw await notFound(usual, world);
  return { source: { name: nameFor(usual, request, world), text }, path: usual };
}

async function read(
  path: string,
  request: ImageRequest,
  world: World,
  fileAt: FileAt,
  inContext: string | undefined,
): Promise<FoundDockerfile> {
  const text = await textOf(fileAt(path));
  if (text === undefined) throw await notFound(path, world, inContext);
  return { source: { name: nameFor(path, request, world), text }, path };
}

async function textOf(path: FsPath): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** As people know the file: from where they stand, where that is shorter. */
function nameFor(path: string, request: ImageRequest, world: World): string {
  if (!isLocalContext(request.context)) return basename(path);
  const fromHere = relative(world.cwd, path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** kaniko looks for a Dockerfile in the context too: where it lies there, that is what was meant. */
async function notFound(path: string, world: World, inContext?: string): Promise<Error> {
  if (inContext !== undefined && (await textOf(inContext)) !== undefined)
    return problem('DOCKERFILE_NOT_FOUND', {
      path: relative(world.cwd, path),
      nearest: relative(world.cwd, inContext),
    });
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const likely = names.filter((name) => /dockerfile|containerfile/i.test(name));
  const near = nearest(basename(path), likely) ?? (likely.length === 1 ? likely[0] : undefined);
  return problem('DOCKERFILE_NOT_FOUND', {
    path: relative(world.cwd, path) || path,
    ...(near === undefined ? {} : { nearest: join(dirname(relative(world.cwd, path)), near) }),
  });
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}
