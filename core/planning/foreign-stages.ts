import type { Span } from '../base/source-text.ts';
import { rootPath } from '../base/image-path.ts';
import type {
  ContextId,
  CopyAction,
  PlannedBase,
  PlannedStage,
  PlannedStep,
  ResolvedImage,
  StageId,
  StepId,
} from '../contract/model.ts';
import { emptyRuntimeConfig, type Pairs, type Platform } from '../oci/image.ts';
import { contentId } from './content-id.ts';
import { withPair } from './pairs.ts';
import type { StageOutcome, TargetScope } from './scope.ts';
import { chainStart, register } from './stage-draft.ts';

/** The files of a named context as a stage, for a FROM: an empty image with all of them. */
export function contextStage(
  scope: TargetScope,
  context: { readonly name: string; readonly id: ContextId },
  platform: Platform,
  at: Span,
): StageOutcome {
  const base: PlannedBase = { kind: 'scratch' };
  const config = { ...emptyRuntimeConfig, workingDir: '/' };
  const id = contentId({ after: chainStart(base, platform), context: context.id });
  const action: CopyAction = {
    origin: { kind: 'context', context: context.id, label: context.name },
    sources: [{ pattern: '', at }],
    inline: [],
    destination: rootPath,
    intoDirectory: true,
    link: false,
    unpack: false,
  };
  const step: PlannedStep = {
    id: id as StepId,
    title: `[context ${context.name}] COPY . /`,
    action: { kind: 'copy', ...action },
    config,
    history: { createdBy: 'COPY . / # buildkit', comment: 'buildkit.dockerfile.v0' },
    asked: [['instruction', 'CONTEXT']],
    noCache: false,
    at,
  };
  const stage = {
    id: contentId({ chain: id }) as StageId,
    label: context.name,
    platform,
    base,
    steps: [step],
    config,
    at,
  };
  return bare(register(scope.planning.stages, stage));
}

/** An image as it is, standing for a stage of this Dockerfile. */
export function imageStage(
  scope: TargetScope,
  label: string,
  image: ResolvedImage,
  platform: Platform,
  at: Span,
): StageOutcome {
  const base: PlannedBase = { kind: 'image', image };
  const { config, author } = image.config;
  const id = contentId({ chain: chainStart(base, platform) }) as StageId;
  const stage: PlannedStage = { id, label, platform, base, steps: [], config, ...(author && { author }), at };
  return bare(register(scope.planning.stages, stage));
}

/** Nothing, to copy from. */
export function emptyStage(scope: TargetScope, platform: Platform, at: Span): StageOutcome {
  const base: PlannedBase = { kind: 'scratch' };
  const id = contentId({ chain: chainStart(base, platform) }) as StageId;
  const stage: PlannedStage = { id, label: 'scratch', platform, base, steps: [], config: emptyRuntimeConfig, at };
  return bare(register(scope.planning.stages, stage));
}

/** The same files under the labels a request asks for: a stage of its own, so that images with other labels share the rest. */
export function labelled(stages: Map<StageId, PlannedStage>, outcome: StageOutcome, labels: Pairs): StageOutcome {
  if (labels.length === 0) return outcome;
  const { stage } = outcome;
  const config = {
    ...stage.config,
    labels: labels.reduce<Pairs>((all, [key, value]) => withPair(all, key, value), stage.config.labels),
  };
  const id = contentId({ on: stage.id, labels: config.labels.map((pair) => [...pair]) }) as StageId;
  const base: PlannedBase = { kind: 'stage', stage: stage.id };
  return { ...outcome, stage: register(stages, { ...stage, id, base, steps: [], config }) };
}

/** Of a stage that is not this Dockerfile's only the config counts. */
const bare = (stage: PlannedStage): StageOutcome => ({
  stage,
  variables: new Map(stage.config.env),
  args: new Map(),
  workdirSet: false,
});
