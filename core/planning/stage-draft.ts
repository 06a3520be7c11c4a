import type { Json } from '../base/canonical-json.ts';
import type { ImagePath } from '../base/brand.ts';
import type { Span } from '../base/source-text.ts';
import type { PlannedBase, PlannedStage, PlannedStep, StageId, StepAction, StepId } from '../contract/model.ts';
import type { CopyOrigin } from '../contract/model.ts';
import type { CopyInstruction, Instruction } from '../dockerfile/index.ts';
import type { Pairs, Platform, RuntimeConfig } from '../oci/image.ts';
import { contentId } from './content-id.ts';
import { printPlatform } from '../oci/platform.ts';
import type { StageOutcome, TargetScope } from './scope.ts';
import type { StepTitles } from './titles.ts';

/** A stage while its instructions go by. */
export interface StageDraft {
  readonly scope: TargetScope;
  readonly label: string;
  readonly platform: Platform;
  readonly base: PlannedBase;
  /** From FROM to the last instruction. */
  readonly at: Span;
  /** What the steps of triggers are shown at. */
  readonly from: Span;
  readonly noCache: boolean;
  readonly titles: StepTitles;
  /** Where each COPY and ADD reads. */
  readonly origins: ReadonlyMap<CopyInstruction, CopyOrigin>;
  /** Config's variables and declared args: what words and RUN see. */
  readonly variables: Map<string, string>;
  readonly args: Map<string, string | undefined>;
  readonly steps: PlannedStep[];
  /** Replaced by every instruction that changes it, never changed in place. */
  config: RuntimeConfig;
  author: string | undefined;
  workdirSet: boolean;
  /** Was there a CMD in this very stage? */
  cmdSet: boolean;
  /** Are the triggers of the base going by? */
  trigger: boolean;
  /** Identity of all that went by so far. */
  chain: string;
}

/** What an instruction comes to. */
export interface StepDraft {
  readonly action: StepAction;
  readonly createdBy: string;
  /** Named values of the resolved instruction; none where no file is touched, as no key depends on such a step. */
  readonly asked: Pairs;
  readonly title: string;
}

/** Trigger texts know the backslash alone; their words point at the FROM that fires them. */
export const escapeOf = (draft: StageDraft): string =>
  draft.trigger ? '\\' : draft.scope.image.dockerfile.directives.escape;
export const placeIn = (draft: StageDraft, span: Span): Span => (draft.trigger ? draft.from : span);

/** Where the image config says commands start; the root where it says nothing. */
export const workdirOf = (draft: StageDraft): ImagePath => (draft.config.workingDir || '/') as ImagePath;

/** Puts a step on the stage: the config it leaves is the draft's. */
export function addStep(draft: StageDraft, it: Instruction, step: StepDraft): void {
  const emptyLayer = step.action.kind === 'config';
  const history = { createdBy: step.createdBy, comment: 'buildkit.dockerfile.v0', ...(emptyLayer && { emptyLayer }) };
  const plugins = draft.scope.planning.input.pluginKeys;
  const asked: Pairs =
    emptyLayer || plugins.length === 0 ? step.asked : [...step.asked, ['plugins', JSON.stringify(plugins)]];
  const id = contentId({
    after: draft.chain,
    asked: asked.map((pair) => [...pair]),
    origin: originIdentity(step.action),
    config: draft.config as unknown as Json,
    createdBy: step.createdBy,
    noCache: draft.noCache,
  });
  draft.chain = id;
  draft.steps.push({
    id: id as StepId,
    title: step.title,
    action: step.action,
    config: draft.config,
    history,
    asked,
    noCache: draft.noCache,
    at: placeIn(draft, it.span),
  });
}

/** Which files a COPY reads is no part of what it asks: the same files may come from elsewhere. */
function originIdentity(action: StepAction): string {
  if (action.kind !== 'copy') return '';
  const { origin } = action;
  return origin.kind === 'context' ? origin.context : origin.kind === 'stage' ? origin.stage : origin.image.digest;
}

/** Identity of a stage before its first instruction. */
export const chainStart = (base: PlannedBase, platform: Platform): string =>
  contentId({
    platform: printPlatform(platform),
    base: base.kind === 'scratch' ? 'scratch' : base.kind === 'image' ? base.image.digest : base.stage,
  });

/** The stage as planned; one that is equal and already there takes its place. */
export function settle(draft: StageDraft): StageOutcome {
  const stage: PlannedStage = {
    id: contentId({ chain: draft.chain, config: draft.config as unknown as Json }) as StageId,
    label: draft.label,
    platform: draft.platform,
    base: draft.base,
    steps: draft.steps,
    config: draft.config,
    ...(draft.author !== undefined && { author: draft.author }),
    at: draft.at,
  };
  const { variables, args, workdirSet } = draft;
  return { stage: register(draft.scope.planning.stages, stage), variables, args, workdirSet };
}

export function register(stages: Map<StageId, PlannedStage>, stage: PlannedStage): PlannedStage {
  const known = stages.get(stage.id);
  if (known) return known;
  stages.set(stage.id, stage);
  return stage;
}
