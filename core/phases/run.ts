import type { CacheKey } from '../base/brand.ts';
import type { Pool } from '../base/pool.ts';
import type { Compression } from '../archive/entry.ts';
import type { Workspace } from '../contract/isolation.ts';
import type { BuildPlan, Layer, PlannedStage } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { Found } from '../caching/lookup.ts';
import type { LayerFiles } from '../steps/layer-files.ts';
import type { Deliveries } from './deliveries.ts';
import type { SourceDigests } from './digest-sources.ts';
import type { PlanKeys } from './plan-keys.ts';

/** What all stages of a build share. */
export interface Run {
  readonly plan: BuildPlan;
  readonly workshop: Workshop;
  readonly sources: SourceDigests;
  readonly keys: PlanKeys;
  readonly found: ReadonlyMap<CacheKey, Found>;
  /** First keys of the steps whose layers go into an image. */
  readonly inImages: ReadonlySet<CacheKey>;
  readonly deliveries: Deliveries;
  readonly compression: Compression;
  readonly files: LayerFiles;
  /** Bounds the steps that are carried out at a time. */
  readonly commands: Pool;
}

/** The tree of one stage while its steps go by. */
export interface StageState {
  readonly stage: PlannedStage;
  layers: Layer[];
  workspace: Promise<Workspace> | undefined;
}
