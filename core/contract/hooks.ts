import { AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { BuildError } from '../base/errors.ts';
import type { ImagePath } from '../base/brand.ts';
import type { SourceText, Span } from '../base/source-text.ts';
import type { LayerEntry } from '../archive/entry.ts';
import type { Dockerfile } from '../dockerfile/syntax.ts';
import type { Platform } from '../oci/image.ts';
import type { Job } from './job.ts';
import type {
  BuildContext,
  BuildPlan,
  BuildResult,
  ImageDraft,
  ImageRequest,
  Layer,
  PlannedStage,
  PlannedStep,
  Published,
  StageResult,
} from './model.ts';
import type { World } from './world.ts';

/** Where in the build a tap is called; what does not apply is absent. */
export interface HookScope {
  readonly world: World;
  readonly image?: string;
  readonly stage?: PlannedStage;
  readonly step?: PlannedStep;
}

/** A moment: taps look on, one after another. */
export type Moment<T> = AsyncSeriesHook<[T, HookScope]>;
/** A rewrite: each tap gets what the one before gave, and gives back the same kind of thing. */
export type Rewrite<T> = AsyncSeriesWaterfallHook<[T, HookScope]>;

const moment = <T>(name: string): Moment<T> => new AsyncSeriesHook<[T, HookScope]>(['subject', 'scope'], name);
const rewrite = <T>(name: string): Rewrite<T> =>
  new AsyncSeriesWaterfallHook<[T, HookScope]>(['subject', 'scope'], name);

export interface PreBuild {
  readonly requests: readonly ImageRequest[];
  /** Complaints of all plugins are shown together, then the build ends. */
  complain(problem: BuildError): void;
  /** So far. */
  readonly complaints: readonly BuildError[];
  /** Only the plan is wanted: nothing is to be carried out. */
  readonly planOnly: boolean;
}
export interface ContextReady {
  /** What caches knew of outputs of prehooks joins it image by image, and is not below its root. */
  readonly context: BuildContext;
  /** `context` or the name of a named one. */
  readonly name: string;
}
export interface SnapshotTaken {
  readonly changes: readonly LayerEntry[];
  /** Leaves the path, and all below it, out of the layer. */
  exclude(path: ImagePath): void;
}
export interface StepDone {
  readonly layer?: Layer;
  readonly cached: boolean;
  readonly ms: number;
}
export interface BaseQuery {
  readonly text: string;
  readonly platform: Platform;
  /** The FROM or `--from` that names it. */
  readonly at?: Span;
}
export interface Finished {
  readonly results: readonly BuildResult[];
  readonly error?: unknown;
}

/**
 * What every hook is for, and what its taps know of where they are called: the reference page and `strake plugins`
 * print it.
 */
export const hookTable = {
  request: { shape: 'rewrite', scope: ['image'], about: 'one image to build, before anything is read' },
  preBuild: { shape: 'moment', scope: [], about: 'before anything happens; collects all complaints' },
  contextReady: { shape: 'moment', scope: [], about: 'a context is open and its prehooks have run' },
  source: { shape: 'rewrite', scope: ['image'], about: "a Dockerfile's text, before it is parsed" },
  parsed: { shape: 'rewrite', scope: ['image'], about: 'a parsed Dockerfile' },
  resolveBase: {
    shape: 'rewrite',
    scope: [],
    about: 'the name of a base image, before it is looked up: mirror, pin, verify',
  },
  planned: { shape: 'moment', scope: [], about: 'the plan is settled; nothing has run' },
  beforeStage: { shape: 'moment', scope: ['stage'], about: 'the first step of a stage is about to be carried out' },
  beforeStep: {
    shape: 'moment',
    scope: ['stage', 'step'],
    about: 'a step missed the caches and is about to be carried out',
  },
  job: { shape: 'rewrite', scope: ['stage', 'step'], about: 'the command of a RUN: environment, mounts, files' },
  snapshot: {
    shape: 'moment',
    scope: ['stage', 'step'],
    about: 'what a RUN changed; may exclude paths from the layer',
  },
  afterStep: { shape: 'moment', scope: ['stage', 'step'], about: 'a step was found or carried out' },
  afterStage: { shape: 'moment', scope: ['stage'], about: 'all layers of a stage are known' },
  assemble: { shape: 'rewrite', scope: ['image'], about: 'an image before its digests: config, labels, annotations' },
  pushed: { shape: 'moment', scope: ['image'], about: 'an output has published an image' },
  finished: { shape: 'moment', scope: [], about: 'the build has ended, well or not' },
} as const satisfies Record<
  string,
  { shape: 'moment' | 'rewrite'; scope: readonly (keyof HookScope)[]; about: string }
>;

export interface BuilderHooks {
  readonly request: Rewrite<ImageRequest>;
  readonly preBuild: Moment<PreBuild>;
  readonly contextReady: Moment<ContextReady>;
  readonly source: Rewrite<SourceText>;
  readonly parsed: Rewrite<Dockerfile>;
  readonly resolveBase: Rewrite<BaseQuery>;
  readonly planned: Moment<BuildPlan>;
  readonly beforeStage: Moment<PlannedStage>;
  readonly beforeStep: Moment<PlannedStep>;
  readonly job: Rewrite<Job>;
  readonly snapshot: Moment<SnapshotTaken>;
  readonly afterStep: Moment<StepDone>;
  readonly afterStage: Moment<StageResult>;
  readonly assemble: Rewrite<ImageDraft>;
  readonly pushed: Moment<Published>;
  readonly finished: Moment<Finished>;
}
export type HookName = keyof BuilderHooks;

export const createHooks = (): BuilderHooks =>
  Object.freeze({
    request: rewrite<ImageRequest>('request'),
    preBuild: moment<PreBuild>('preBuild'),
    contextReady: moment<ContextReady>('contextReady'),
    source: rewrite<SourceText>('source'),
    parsed: rewrite<Dockerfile>('parsed'),
    resolveBase: rewrite<BaseQuery>('resolveBase'),
    planned: moment<BuildPlan>('planned'),
    beforeStage: moment<PlannedStage>('beforeStage'),
    beforeStep: moment<PlannedStep>('beforeStep'),
    job: rewrite<Job>('job'),
    snapshot: moment<SnapshotTaken>('snapshot'),
    afterStep: moment<StepDone>('afterStep'),
    afterStage: moment<StageResult>('afterStage'),
    assemble: rewrite<ImageDraft>('assemble'),
    pushed: moment<Published>('pushed'),
    finished: moment<Finished>('finished'),
  });
