import { fromUtf8 } from '../base/bytes.ts';
import type { HostPath, ImagePath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import { resolvePath } from '../base/image-path.ts';
import { Secret } from '../base/secret.ts';
import { callRewrite } from '../contract/install.ts';
import type { Job } from '../contract/job.ts';
import type { CollectedFiles } from '../contract/isolation.ts';
import type { ResolvedImage } from '../contract/model.ts';
import type { PrehookCommand } from '../contract/prehooks.ts';
import type { Workshop } from '../contract/workshop.ts';
import { proxiesOf } from '../phases/proxies.ts';
import { layerFiles } from '../steps/layer-files.ts';
import { argvOf, type CarryOut } from './carry-out.ts';
import { outputCompression } from './records.ts';
import type { PrehookTask } from './task.ts';

/** Where the folder stands inside. */
const at = '/work' as ImagePath;

export interface ImageCommand {
  readonly task: PrehookTask;
  readonly hook: PrehookCommand;
  readonly image: ResolvedImage;
  /** The folder and what earlier prehooks made, uppermost first. */
  readonly lowers: readonly HostPath[];
  /** Gets what the command made, when it has ended well. */
  collected(files: CollectedFiles): void;
}

/**
 * Inside an image, on a view of the folder that is copied where it is written to; as root, whoever the image's user is,
 * since the folder's files belong to others. Only outputs come out.
 */
export const commandInImage =
  ({ task, hook, image, lowers, collected }: ImageCommand, workshop: Workshop): CarryOut =>
  async ({ startClock, signal, onOutput }) => {
    const { world, isolation, hooks, store } = workshop;
    const folder = lowers.at(-1)!;
    if (`${store.root}/`.startsWith(`${folder}/`))
      throw problem('PREBUILD_STORE_INSIDE', { folder, store: store.root });
    const chosen = await isolation.choose();
    if (!chosen.runs) throw problem('RUN_NOT_POSSIBLE', { isolation: chosen.offer.name, reasons: chosen.reasons });
    const opened = await isolation.open();
    await layerFiles(workshop).prepare(image.layers);
    signal.throwIfAborted();
    const job = await callRewrite(hooks.job, jobFor(hook, image, workshop), { world, image: task.request.name });
    await using workspace = await opened.workspace({
      label: task.title,
      layers: image.layers,
      folder: { at, lowers },
    });
    startClock();
    const { status } = await workspace.run(job, onOutput, signal);
    signal.throwIfAborted();
    if (status !== 0 || hook.outputs.length === 0) return status;
    collected(await workspace.collect({ patterns: hook.outputs, base: hook.cwd, compression: outputCompression }));
    return status;
  };

/** What runtimes give a process whose image says nothing. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function jobFor(hook: PrehookCommand, { config }: ResolvedImage, { world }: Workshop): Job {
  const own = hook.env.map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value] as const);
  const env = new Map([['PATH', usualPath], ...proxiesOf(world), ...config.config.env, ...own]);
  return {
    argv: argvOf(hook),
    env: [...env],
    cwd: resolvePath(at, fromUtf8(hook.cwd)),
    user: '',
    hostname: 'strake',
    network: 'host',
    platform: config.platform,
    files: [],
    mounts: [],
  };
}
