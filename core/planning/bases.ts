import type { Span } from '../base/source-text.ts';
import type { PlannedBase } from '../contract/model.ts';
import { emptyRuntimeConfig, type Platform, type RuntimeConfig } from '../oci/image.ts';
import { contextStage, emptyStage, imageStage } from './foreign-stages.ts';
import type { FromLine } from './from-lines.ts';
import { printPlatform } from '../oci/platform.ts';
import { lookUp, type StageOutcome, type TargetScope } from './scope.ts';
import type { Source } from './sources.ts';

/** What a stage begins with. */
export interface Base {
  readonly planned: PlannedBase;
  readonly platform: Platform;
  readonly config: RuntimeConfig;
  /** The stage it builds on, where that is one of this Dockerfile: its args go on. */
  readonly inherited?: StageOutcome;
  readonly author?: string;
}

/** What FROM gives a stage; `undefined` while it is not known. */
export function baseOf(scope: TargetScope, line: FromLine): Base | undefined {
  const { source } = line;
  // As BuildKit does: an empty base is always the target's, whatever --platform says.
  if (source.kind === 'scratch')
    return { planned: { kind: 'scratch' }, platform: scope.platform, config: scratchConfig };
  if (source.kind === 'image') return imageBase(scope, line, source.text);
  const outcome = stageOf(scope, source, line.platform, line.stage.from.span);
  return outcome && { ...stageBase(outcome), ...(source.kind === 'stage' && { inherited: outcome }) };
}

const scratchConfig: RuntimeConfig = { ...emptyRuntimeConfig, workingDir: '/' };

const stageBase = ({ stage }: StageOutcome): Base => ({
  planned: { kind: 'stage', stage: stage.id },
  platform: stage.platform,
  config: stage.config,
  ...(stage.author !== undefined && { author: stage.author }),
});

function imageBase(scope: TargetScope, line: FromLine, text: string): Base | undefined {
  const { from } = line.stage;
  const image = lookUp(scope.planning, { text, platform: line.platform, at: from.image.span });
  if (!image) return undefined;
  const { platform, config, author } = image.config;
  if (platform.os !== line.platform.os || platform.architecture !== line.platform.architecture) {
    const message =
      `Base image ${text} was pulled with platform "${printPlatform(platform)}", ` +
      `expected "${printPlatform(line.platform)}" for current build`;
    scope.planning.remarks.add('InvalidBaseImagePlatform', message, from.span, scope.rules, from.skippedChecks);
  }
  return { planned: { kind: 'image', image }, platform: line.platform, config, ...(author && { author }) };
}

/** A stage that a named context stands for: none of its instructions is looked at. */
export function replacementOf(scope: TargetScope, { source, stage, platform }: FromLine): StageOutcome | undefined {
  if (source.kind !== 'image') return stageOf(scope, source, platform, stage.from.span);
  const image = lookUp(scope.planning, { text: source.text, platform, at: stage.from.span });
  return image && imageStage(scope, stage.name ?? source.text, image, platform, stage.from.span);
}

/** What is no image to look up, as a stage: one of the file, a context, another image of the run, nothing at all. */
export function stageOf(
  scope: TargetScope,
  source: Exclude<Source, { readonly kind: 'image' }>,
  platform: Platform,
  at: Span,
): StageOutcome | undefined {
  if (source.kind === 'stage') return scope.stage(source.index);
  if (source.kind === 'sibling') return scope.planning.target(source.image, platform, at);
  return source.kind === 'context' ? contextStage(scope, source, platform, at) : emptyStage(scope, platform, at);
}
