import { BuildError } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import type { CopyOrigin, PlannedBase } from '../contract/model.ts';
import { parseTrigger, type CopyInstruction, type Instruction } from '../dockerfile/index.ts';
import { emptyRuntimeConfig, type Platform, type RuntimeConfig } from '../oci/image.ts';
import { contextStage, imageStage } from './foreign-stages.ts';
import type { FromLine } from './from-lines.ts';
import type { PlanContext } from './input.ts';
import { perform } from './instructions/perform.ts';
import { platformName } from './platform-name.ts';
import { lookUp, type StageOutcome, type TargetScope } from './scope.ts';
import { copySource, type Source } from './sources.ts';
import { chainStart, settle, type StageDraft } from './stage-draft.ts';
import { crossArrow, stepTitles } from './titles.ts';

/**
 * Settles a stage and all it stands on or reads from; `undefined` while an image among them is not known. All that can
 * be seen to be missing is noted at once, so that it is looked up in one go.
 */
export function planStage(scope: TargetScope, index: number): StageOutcome | undefined {
  if (scope.outcomes.has(index)) return scope.outcomes.get(index);
  const line = scope.froms[index]!;
  const outcome = line.replaced ? foreign(scope, line.source, line) : buildStage(scope, line);
  scope.outcomes.set(index, outcome);
  return outcome;
}

function buildStage(scope: TargetScope, line: FromLine): StageOutcome | undefined {
  const base = baseOf(scope, line);
  const own = originsOf(scope, line, line.stage.instructions);
  if (!base) return undefined;
  const triggers = base.config.onBuild.map((text) => triggerOf(text, line));
  const theirs = originsOf(scope, line, triggers);
  if (!own || !theirs) return undefined;
  const draft = openDraft(scope, line, base, triggers, new Map([...theirs, ...own]));
  for (const trigger of triggers) perform(draft, trigger);
  draft.trigger = false;
  for (const instruction of line.stage.instructions) perform(draft, instruction);
  return settle(draft);
}

/** What a stage begins with. */
interface Base {
  readonly planned: PlannedBase;
  readonly platform: Platform;
  readonly config: RuntimeConfig;
  /** The stage it builds on, where that is one of this Dockerfile: its args go on. */
  readonly inherited?: StageOutcome;
  readonly author?: string;
}

function baseOf(scope: TargetScope, line: FromLine): Base | undefined {
  const { source } = line;
  if (source.kind === 'scratch') {
    // As BuildKit does: an empty base is always the target's, whatever --platform says.
    return { planned: { kind: 'scratch' }, platform: scope.platform, config: scratchConfig };
  }
  if (source.kind === 'image' || (source.kind === 'named' && source.context.kind === 'resolved')) {
    const text = source.kind === 'image' ? source.text : (source.context as { text: string }).text;
    return imageBase(scope, line, text);
  }
  const outcome = source.kind === 'stage' ? planStage(scope, source.index) : foreign(scope, source, line);
  if (!outcome) return undefined;
  const { stage } = outcome;
  return {
    planned: { kind: 'stage', stage: stage.id },
    platform: stage.platform,
    config: stage.config,
    ...(source.kind === 'stage' && { inherited: outcome }),
    ...(stage.author !== undefined && { author: stage.author }),
  };
}

const scratchConfig: RuntimeConfig = { ...emptyRuntimeConfig, workingDir: '/' };

function imageBase(scope: TargetScope, line: FromLine, text: string): Base | undefined {
  const { from } = line.stage;
  const image = lookUp(scope.planning, { text, platform: line.platform, at: from.image.span });
  if (!image) return undefined;
  const { platform, config, author } = image.config;
  if (platform.os !== line.platform.os || platform.architecture !== line.platform.architecture) {
    const message =
      `Base image ${text} was pulled with platform "${platformName(platform)}", ` +
      `expected "${platformName(line.platform)}" for current build`;
    scope.planning.remarks.add('InvalidBaseImagePlatform', message, from.span, scope.rules, from.skippedChecks);
  }
  return { planned: { kind: 'image', image }, platform: line.platform, config, ...(author && { author }) };
}

/** A source outside the Dockerfile as a stage: the files of a context, an image as it is, another image of the run. */
function foreign(scope: TargetScope, source: Source, line: FromLine): StageOutcome | undefined {
  const { image } = line.stage.from;
  if (source.kind !== 'named') return undefined;
  return named(scope, source.context, line.platform, line.stage.from.span, image.span);
}

function named(
  scope: TargetScope,
  context: PlanContext,
  platform: Platform,
  at: Span,
  name: Span,
): StageOutcome | undefined {
  if (context.kind === 'image') return scope.planning.target(context.image, platform, name);
  if (context.kind === 'context') return contextStage(scope, context, platform, at);
  const image = lookUp(scope.planning, { text: context.text, platform, at: name });
  return image && imageStage(scope, context.name, image, platform, at);
}

/** Where each COPY reads; `undefined` when one of the places is not known yet. */
function originsOf(
  scope: TargetScope,
  line: FromLine,
  instructions: readonly Instruction[],
): ReadonlyMap<CopyInstruction, CopyOrigin> | undefined {
  const origins = new Map<CopyInstruction, CopyOrigin>();
  let complete = true;
  for (const instruction of instructions) {
    if (instruction.kind !== 'copy' && instruction.kind !== 'add') continue;
    const origin = originOf(scope, line, instruction);
    if (origin) origins.set(instruction, origin);
    else complete = false;
  }
  return complete ? origins : undefined;
}

function originOf(scope: TargetScope, line: FromLine, it: CopyInstruction): CopyOrigin | undefined {
  const { image, platform, planning } = scope;
  if (!it.from) return { kind: 'context', context: image.context, label: image.contextLabel };
  const label = it.from.text;
  // Images to copy from are the target's, also in a stage of another platform.
  const source = copySource(it.from, image.dockerfile.stages, line.stage.index, image, platform);
  if (source.kind === 'named' && source.context.kind === 'context')
    return { kind: 'context', context: source.context.id, label };
  if (source.kind === 'image' || (source.kind === 'named' && source.context.kind === 'resolved')) {
    const text = source.kind === 'image' ? source.text : (source.context as { text: string }).text;
    const found = lookUp(planning, { text, platform, at: it.from.span });
    return found && { kind: 'image', image: found, label };
  }
  const outcome =
    source.kind === 'stage'
      ? planStage(scope, source.index)
      : source.kind === 'named'
        ? named(scope, source.context, platform, it.span, it.from.span)
        : undefined;
  return outcome && { kind: 'stage', stage: outcome.stage.id, label };
}

/** Mistakes in a trigger are shown at the FROM that fires it. */
function triggerOf(text: string, line: FromLine): Instruction {
  const { image } = line.stage.from;
  try {
    return parseTrigger(text, `ONBUILD of ${line.text}`);
  } catch (error) {
    if (BuildError.is(error)) error.where = { ...error.where, at: image.span };
    throw error;
  }
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function openDraft(
  scope: TargetScope,
  line: FromLine,
  base: Base,
  triggers: readonly Instruction[],
  origins: ReadonlyMap<CopyInstruction, CopyOrigin>,
): StageDraft {
  const { stage } = line;
  const hasPath = base.config.env.some(([name]) => name === 'PATH') || base.platform.os === 'windows';
  const env = hasPath ? base.config.env : [...base.config.env, ['PATH', defaultPath] as const];
  const { noCache } = scope.image.request;
  return {
    scope,
    label: stage.name ?? String(stage.index),
    platform: base.platform,
    base: base.planned,
    at: spanOf(line),
    noCache: typeof noCache === 'boolean' ? noCache : noCache.some((name) => name.toLowerCase() === stage.name),
    titles: titlesOf(scope, line, base, triggers),
    origins,
    // The config's variables once more on top of a parent's args: there, an ENV beats an ARG of its name again.
    variables: new Map([...(base.inherited?.variables ?? []), ...env]),
    args: new Map(base.inherited?.args),
    steps: [],
    config: { ...base.config, env, onBuild: [] },
    author: base.author,
    workdirSet: base.inherited?.workdirSet ?? false,
    cmdSet: false,
    trigger: triggers.length > 0,
    chain: chainStart(base.planned, base.platform),
  };
}

const countedKinds = new Set(['run', 'copy', 'add', 'workdir']);

function titlesOf(scope: TargetScope, line: FromLine, base: Base, triggers: readonly Instruction[]) {
  const { stage } = line;
  const { stages } = scope.image.dockerfile;
  const own = stage.instructions.filter(({ kind }) => countedKinds.has(kind)).length;
  const first = base.planned.kind === 'image' ? 1 : 0;
  const several = scope.image.platforms.length > 1;
  const name = stages.length > 1 ? [stage.name ?? `stage-${stage.index}`] : [];
  const platform = several ? [platformName(base.platform) + crossArrow(base.platform, scope.platform)] : [];
  return stepTitles([...platform, ...name], first + own + triggers.length, first);
}

function spanOf({ stage }: FromLine): Span {
  const last = stage.instructions.at(-1) ?? stage.from;
  return { ...stage.from.span, end: last.span.end };
}
