/** How much memory a build takes whose context is larger than it may hold: 2 GB that nothing can compress. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { busyboxBase } from '../test/support/bases.ts';
import { openStrake } from '../test/support/cli.ts';
import { registrySource } from '../test/support/image-source.ts';
import { readManifest } from '../test/support/images.ts';
import type { Manifest } from '../test/support/oci-types.ts';
import { startRegistry } from '../test/support/servers/registry.ts';
import { writeIncompressible } from './data/contexts.ts';
import { measure, type Cost } from './measure/run.ts';

/** Bytes of PSS that the process tree of such a build may have. */
export const memoryLimit = 300e6;

export interface MemoryResult extends Cost {
  readonly files: number;
  /** Bytes of the layer that the registry has got. */
  readonly pushed: number;
}

/** Builds and pushes 2 GB in so many files, in a world of its own that is clean afterwards. */
export async function measureMemory(files: number): Promise<MemoryResult> {
  await using registry = await startRegistry();
  await using world = await openStrake();
  const context = join(world.work, 'context');
  await mkdir(join(context, 'data'), { recursive: true });
  writeIncompressible(join(context, 'data'), files);
  // Past the record of requests, which would slow the upload.
  const host = registry.direct.replace('http://', '');
  const base = await (await busyboxBase()).pushTo({ direct: registry.direct, host }, 'memory/base');
  await writeFile(join(context, 'Dockerfile'), `FROM ${base.reference}\nCOPY data /data\n`);
  const argv = await world.command(['build', '--progress=plain', `--tag=${host}/memory/result`, '--push', context]);
  const { status, output, ...cost } = await measure(argv, { env: world.environment(), cwd: world.work });
  if (status !== 0) throw new Error(`the build ended with status ${status}\n${output}`);
  await world.assertClean();
  const { content } = await readManifest(registrySource({ direct: registry.direct, host }, 'memory/result'), 'latest');
  return { ...cost, files, pushed: (content as Manifest).layers.at(-1)!.size };
}

export const memoryLines = (results: readonly MemoryResult[]): string[] => [
  '\nmemory: 2 GB that cannot be compressed, built and pushed',
  ...results.map(({ files, memory, wall, cpu }) => {
    const met = memory < memoryLimit ? 'met' : 'NOT MET';
    const megabytes = (memory / 1e6).toFixed(0);
    return `  ${String(files).padStart(7)} files: peak PSS ${megabytes} MB (target: under 300 MB: ${met}), ${wall.toFixed(1)} s, ${cpu.toFixed(1)} CPU s`;
  }),
];
