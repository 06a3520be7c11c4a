import type { Compression } from '../archive/entry.ts';
import type { Workspace } from '../contract/isolation.ts';
import type { GrowingLayer, Layer, PlannedStage, PlannedStep, StageId } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { Selection } from '../rootfs/select-sources.ts';
import type { LayerFiles } from './layer-files.ts';

/** What a step handler works with: one step of one stage, on the layers so far. */
export interface Bench {
  readonly workshop: Workshop;
  readonly stage: PlannedStage;
  readonly step: PlannedStep;
  /** Base's first. */
  readonly layers: readonly Layer[];
  readonly compression: Compression;
  /** Outputs may read a large layer while it is made. */
  growing(layer: GrowingLayer): void;
  /** The stage's file tree for commands; opened by the first that asks. */
  workspace(): Promise<Workspace>;
  /** The layers of another stage, carried out if they have to be. */
  layersOf(stage: StageId): Promise<readonly Layer[]>;
  readonly files: LayerFiles;
  /** What a COPY from a context reads: chosen once, when its key was made. */
  selection(): Selection;
}
