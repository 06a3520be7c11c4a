import { resolvePath, rootPath } from '../base/image-path.ts';
import type { Span } from '../base/source-text.ts';
import type { CopyOrigin } from '../contract/model.ts';
import type { CopyInstruction, Instruction } from '../dockerfile/index.ts';
import type { Pairs, RuntimeConfig } from '../oci/image.ts';
import type { Base } from './bases.ts';
import type { FromLine } from './from-lines.ts';
import { printPlatform } from '../oci/platform.ts';
import type { TargetScope } from './scope.ts';
import { chainStart, type StageDraft } from './stage-draft.ts';
import { systemPath, unixPath } from './system-path.ts';
import { crossArrow, stepTitles, type StepTitles } from './titles.ts';

/** A stage at its first instruction: what its base gave it. */
export function openDraft(
  scope: TargetScope,
  line: FromLine,
  base: Base,
  triggers: readonly Instruction[],
  origins: ReadonlyMap<CopyInstruction, CopyOrigin>,
): StageDraft {
  const { stage } = line;
  const config = firstConfig(base);
  const { noCache } = scope.image.request;
  return {
    scope,
    label: stage.name ?? String(stage.index),
    platform: base.platform,
    base: base.planned,
    at: spanOf(line),
    from: stage.from.span,
    noCache: typeof noCache === 'boolean' ? noCache : noCache.some((name) => name.toLowerCase() === stage.name),
    titles: titlesOf(scope, line, base, triggers),
    origins,
    // The config's variables once more on top of a parent's args: there, an ENV beats an ARG of its name again.
    variables: new Map([...(base.inherited?.variables ?? []), ...config.env]),
    args: new Map(base.inherited?.args),
    steps: [],
    config,
    author: base.author,
    workdirSet: base.inherited?.workdirSet ?? false,
    cmdSet: false,
    trigger: true,
    chain: chainStart(base.planned, base.platform),
  };
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The base's config with a PATH where it has none, and without the triggers, which fire now. */
function firstConfig({ config, platform }: Base): RuntimeConfig {
  const hasPath = platform.os === 'windows' || config.env.some(([name]) => name === 'PATH');
  const env: Pairs = hasPath ? config.env : [...config.env, ['PATH', defaultPath]];
  const { workingDir } = config;
  const absolute = workingDir && systemPath(resolvePath(rootPath, unixPath(workingDir, platform.os)), platform.os);
  return { ...config, env, onBuild: [], ...(absolute && { workingDir: absolute }) };
}

const countedKinds: ReadonlySet<Instruction['kind']> = new Set(['run', 'copy', 'add', 'workdir']);

function titlesOf(scope: TargetScope, line: FromLine, base: Base, triggers: readonly Instruction[]): StepTitles {
  const { stage } = line;
  const { stages } = scope.image.dockerfile;
  const own = stage.instructions.filter(({ kind }) => countedKinds.has(kind)).length;
  const first = base.planned.kind === 'image' ? 1 : 0;
  // A stage needs its name where something else has one too: another stage, or an image that is copied from.
  const alone = stages.length === 1 && !stage.instructions.some((it) => it.kind === 'copy' && it.from);
  const name = alone ? [] : [stage.name ?? `stage-${stage.index}`];
  const several = scope.image.platforms.length > 1;
  const platform = several ? [printPlatform(base.platform) + crossArrow(base.platform, scope.platform)] : [];
  return stepTitles([...platform, ...name], first + own + triggers.length, first);
}

function spanOf({ stage }: FromLine): Span {
  const last = stage.instructions.at(-1) ?? stage.from;
  return { ...stage.from.span, end: last.span.end };
}
