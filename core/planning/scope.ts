import type { Span } from '../base/source-text.ts';
import type { BaseQuery } from '../contract/hooks.ts';
import type { PlannedStage, ResolvedImage, StageId } from '../contract/model.ts';
import type { Platform } from '../oci/image.ts';
import type { FromLine } from './from-lines.ts';
import { queryKey, type PlanImage, type PlanInput } from './input.ts';
import type { CheckRules, Remarks } from './remarks.ts';

/** One call of `planImages`: what it gathers on its way. */
export interface Planning {
  readonly input: PlanInput;
  /** By content, in the order in which they are settled: bases before those who use them. */
  readonly stages: Map<StageId, PlannedStage>;
  /** By `queryKey`. */
  readonly needs: Map<string, BaseQuery>;
  readonly remarks: Remarks;
  /** The final stage of an image of the run; `at` is the place that asks for it. */
  target(image: string, platform: Platform, at?: Span): StageOutcome | undefined;
}

/** One image for one platform: what all stages of its Dockerfile share. */
export interface TargetScope {
  readonly planning: Planning;
  readonly image: PlanImage;
  readonly platform: Platform;
  readonly rules: CheckRules;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Predefined ones and those before the first FROM; a stage sees them only after an ARG. */
  readonly globals: ReadonlyMap<string, string>;
  /** Proxies a RUN gets though nobody declared them. */
  readonly proxies: ReadonlyMap<string, string>;
  readonly froms: readonly FromLine[];
  /** A stage by its number, settled when first asked for; `undefined` while something is missing. */
  stage(index: number): StageOutcome | undefined;
  /** Args that ONBUILD triggers declare. */
  readonly triggerArgs: Set<string>;
}

/** A stage that is settled, with what only stages built on it need to know. */
export interface StageOutcome {
  readonly stage: PlannedStage;
  /** The config's variables and declared args, as a RUN at its end would see them. */
  readonly variables: ReadonlyMap<string, string>;
  /** Declared args; without a value where nobody gave one. */
  readonly args: ReadonlyMap<string, string | undefined>;
  /** Was there a WORKDIR in this Dockerfile? */
  readonly workdirSet: boolean;
}

/** What was found for a query; notes the need when nothing was yet. */
export function lookUp(planning: Planning, query: BaseQuery): ResolvedImage | undefined {
  const key = queryKey(query);
  const found = planning.input.bases.get(key);
  if (!found && !planning.needs.has(key)) planning.needs.set(key, query);
  return found;
}
