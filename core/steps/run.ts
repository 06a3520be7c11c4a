import type { ImagePath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import { callMoment, callRewrite } from '../contract/install.ts';
import type { HookScope } from '../contract/hooks.ts';
import type { Job } from '../contract/job.ts';
import type { Layer } from '../contract/model.ts';
import type { Bench } from './bench.ts';
import { proxyLogins } from '../base/proxy-logins.ts';
import { shownOutput } from './shown-output.ts';

/** Runs the command in the stage's workspace and packs what it changed. */
export async function performRun(planned: Job, bench: Bench): Promise<Layer> {
  const { workshop, step } = bench;
  const scope: HookScope = { world: workshop.world, stage: bench.stage, step };
  await refuseWhereImpossible(bench);
  const workspace = await bench.workspace();
  const job = await callRewrite(workshop.hooks.job, planned, scope);
  const output = shownOutput(step.id, proxyLogins(job.env), workshop.world);
  const { status } = await workspace.run(job, output.add, workshop.world.signal).finally(output.end);
  workshop.world.signal.throwIfAborted();
  if (status !== 0)
    throw problem(
      'RUN_EXITED',
      { script: scriptOf(job), status, tail: output.tail() },
      { at: step.at, step: step.title },
    );
  const exclude = await excludedPaths(bench, workspace, scope);
  const packed = await workspace.commit({ compression: bench.compression, exclude });
  return packed.layer;
}

async function refuseWhereImpossible(bench: Bench): Promise<void> {
  const chosen = await bench.workshop.isolation.choose();
  if (chosen.runs) return;
  throw problem(
    'RUN_NOT_POSSIBLE',
    { isolation: chosen.offer.name, reasons: chosen.reasons },
    { at: bench.step.at, step: bench.step.title },
  );
}

/** The changes are listed only for those who look. */
async function excludedPaths(
  bench: Bench,
  workspace: Awaited<ReturnType<Bench['workspace']>>,
  scope: HookScope,
): Promise<ImagePath[]> {
  const { snapshot } = bench.workshop.hooks;
  const exclude: ImagePath[] = [];
  if (snapshot.taps.length === 0) return exclude;
  const changes = await workspace.changes();
  await callMoment(snapshot, { changes, exclude: (path) => void exclude.push(path) }, scope);
  return exclude;
}

/** The command as the user wrote it: without the shell in front. */
const scriptOf = (job: Job): string =>
  job.argv.length === 3 && job.argv[1] === '-c' ? job.argv[2]! : job.argv.join(' ');
