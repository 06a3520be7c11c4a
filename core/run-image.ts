import { fromUtf8 } from './base/bytes.ts';
import { advise, problem } from './base/errors.ts';
import { nearest } from './base/suggest.ts';
import { resolvePath, rootPath } from './base/image-path.ts';
import { callRewrite } from './contract/install.ts';
import type { Job, JobMount, JobResult } from './contract/job.ts';
import type { ResolvedImage } from './contract/model.ts';
import type { Workshop } from './contract/workshop.ts';
import type { Pairs, Platform, RuntimeConfig } from './oci/image.ts';
import { resolveBase } from './phases/resolve-base.ts';

export interface RunImageRequest {
  /** A reference; images of the store are found first. */
  readonly image: string;
  /** Instead of the image's CMD. */
  readonly command: readonly string[];
  readonly entrypoint?: string;
  readonly env: Pairs;
  readonly mounts: readonly JobMount[];
  readonly workdir?: string;
  readonly user?: string;
  readonly network: 'host' | 'none';
  readonly platform: Platform;
}

/** Runs a command in an image with the terminal of the process; what it writes is gone when it ends. */
export async function runImage(request: RunImageRequest, workshop: Workshop): Promise<JobResult> {
  const { world } = workshop;
  const image = await resolveImage(request, workshop);
  const job = await callRewrite(workshop.hooks.job, jobFor(request, image.config.config), {
    world,
    image: request.image,
  });
  const chosen = await workshop.isolation.choose();
  if (!chosen.runs) throw problem('RUN_NOT_POSSIBLE', { isolation: chosen.offer.name, reasons: chosen.reasons });
  const isolation = await workshop.isolation.open();
  await Promise.all(
    (await isolation.missing(image.layers)).map(async (layer) => {
      await workshop.blobs.fetch(layer);
      await isolation.prepare(layer);
    }),
  );
  await using workspace = await isolation.workspace({ label: request.image, layers: image.layers });
  return await workspace.run(job, 'inherit', world.signal);
}

async function resolveImage({ image, platform }: RunImageRequest, workshop: Workshop): Promise<ResolvedImage> {
  try {
    return await resolveBase({ text: image, platform }, workshop);
  } catch (error) {
    const kept = (await workshop.store.images.list()).map(({ name }) => name.replace(/:latest$/, ''));
    const near = nearest(image, kept);
    throw advise(error, near === undefined ? undefined : `The store has "${near}"; strake ls lists what it has.`);
  }
}

/** What runtimes give a process whose image says nothing. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function jobFor(request: RunImageRequest, config: RuntimeConfig): Job {
  const entrypoint = request.entrypoint === undefined ? (config.entrypoint ?? []) : [request.entrypoint];
  // An entrypoint of one's own has nothing to do with the image's CMD.
  const usual = request.entrypoint === undefined ? (config.cmd ?? []) : [];
  const argv = [...entrypoint, ...(request.command.length > 0 ? request.command : usual)];
  if (argv.length === 0) throw problem('COMMAND_MISSING', { image: request.image });
  const env = new Map([['PATH', usualPath], ...config.env, ...request.env]);
  return {
    argv,
    env: [...env],
    cwd: resolvePath(rootPath, fromUtf8(request.workdir ?? config.workingDir ?? '/')),
    user: request.user ?? config.user ?? '',
    hostname: hostnameFor(request.image),
    network: request.network,
    platform: request.platform,
    files: [],
    mounts: request.mounts,
  };
}

/** The last part of the image's name, as a host may be called. */
const hostnameFor = (image: string): string =>
  /([a-z0-9-]+)(?:[:@][^/]*)?$/.exec(image.toLowerCase())?.[1]?.slice(0, 63) ?? 'strake';
