import type { Instruction } from '../../dockerfile/index.ts';
import type { StageDraft } from '../stage-draft.ts';
import { planCopy } from './copy.ts';
import { planRun } from './run.ts';
import * as settings from './settings.ts';
import { planArg, planEnv } from './variables.ts';
import { planWorkdir } from './workdir.ts';

/** Lets one instruction go by: what it changes in the draft, and the step it adds. */
export function perform(draft: StageDraft, it: Instruction): void {
  switch (it.kind) {
    case 'arg':
      return planArg(draft, it);
    case 'env':
      return planEnv(draft, it);
    case 'run':
      return planRun(draft, it);
    case 'copy':
    case 'add':
      return planCopy(draft, it);
    case 'workdir':
      return planWorkdir(draft, it);
    case 'label':
      return settings.planLabel(draft, it);
    case 'user':
      return settings.planUser(draft, it);
    case 'volume':
      return settings.planVolume(draft, it);
    case 'expose':
      return settings.planExpose(draft, it);
    case 'stopsignal':
      return settings.planStopSignal(draft, it);
    case 'maintainer':
      return settings.planMaintainer(draft, it);
    case 'shell':
      return settings.planShell(draft, it);
    case 'cmd':
      return settings.planCmd(draft, it);
    case 'entrypoint':
      return settings.planEntrypoint(draft, it);
    case 'healthcheck':
      return settings.planHealthcheck(draft, it);
    case 'onbuild':
      return settings.planOnbuild(draft, it);
  }
}
