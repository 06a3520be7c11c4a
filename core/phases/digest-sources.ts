import type { Digest } from '../base/brand.ts';
import { locate } from '../base/errors.ts';
import { mapPool } from '../base/pool.ts';
import type { BuildPlan, ContextId, CopyAction, PlannedStep, StepId } from '../contract/model.ts';
import { select, type Selection } from '../rootfs/select-sources.ts';
import { digestSelection } from '../rootfs/selection-digest.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import type { OpenContexts } from './resolve-contexts.ts';

/** What every COPY and ADD from a context reads, chosen and hashed before anything runs. */
export interface SourceDigests {
  digest(step: StepId): Digest;
  selection(step: StepId): Selection;
  tree(context: ContextId): SourceTree;
}

/** Steps hashed at a time; the hashing of each is parallel in itself. */
const together = 2;

export async function digestSources(plan: BuildPlan, contexts: OpenContexts): Promise<SourceDigests> {
  const steps = plan.stages.flatMap((stage) => stage.steps).filter(copiesFromContext);
  const trees = new Map<ContextId, SourceTree>();
  for (const step of steps) {
    const id = step.action.origin.context;
    if (!trees.has(id)) trees.set(id, await contexts.tree(id));
  }
  const chosen = new Map<StepId, { selection: Selection; digest: Digest }>();
  await mapPool(steps, together, async (step) => {
    try {
      const selection = select(step.action, trees.get(step.action.origin.context)!);
      chosen.set(step.id, { selection, digest: await digestSelection(selection) });
    } catch (error) {
      throw locate(error, { at: step.at, step: step.title });
    }
  });
  return {
    digest: (step) => chosen.get(step)!.digest,
    selection: (step) => chosen.get(step)!.selection,
    tree: (context) => trees.get(context)!,
  };
}

type ContextStep = PlannedStep & {
  readonly action: { readonly kind: 'copy' } & CopyAction & {
      readonly origin: { readonly kind: 'context'; readonly context: ContextId };
    };
};

const copiesFromContext = (step: PlannedStep): step is ContextStep =>
  step.action.kind === 'copy' && step.action.origin.kind === 'context';
