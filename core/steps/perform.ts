import { problem } from '../base/errors.ts';
import type { Layer } from '../contract/model.ts';
import type { Bench } from './bench.ts';
import { performCopy, performWorkdir } from './copy.ts';
import { performRun } from './run.ts';

/** Carries a step out; the layer it made lies in the store. Steps that only change the config never come here. */
export function performStep(bench: Bench): Promise<Layer> {
  const { action } = bench.step;
  switch (action.kind) {
    case 'run':
      return performRun(action.job, bench);
    case 'copy':
      return performCopy(action, bench);
    case 'workdir':
      return performWorkdir(action.path, action.owner, bench);
    case 'config':
      throw problem('INTERNAL', { reason: 'A step that changes no file was carried out.' });
  }
}
