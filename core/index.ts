/// <reference types="node" preserve="true" />

/** The front door: all that plugins, presets, configs and the command line may import. */

// Configs and presets
export { defineConfig, definePreset, image } from './config/define.ts';
export { prehook, run } from './config/prehooks.ts';
export { toPrehook } from './config/to-prehook.ts';
export type {
  AnyPrehookSetting,
  PrehookFunctionSetting,
  PrehookOptions,
  PrehookSetting,
  RunOptions,
} from './config/prehooks.ts';
export type {
  CacheSetting,
  ConfigContext,
  ConfigExport,
  ConfigLayer,
  ContextSetting,
  GitFacts,
  ImageEdge,
  ImageSettings,
  OutputSetting,
  PluginSetting,
} from './config/define.ts';
export type { GitSettings, HttpSettings } from './config/context-options.ts';

// Plugins
export { contractVersion, definePlugin, originOf } from './contract/plugin.ts';
export type { Plugin, PluginOrigin } from './contract/plugin.ts';
export { pluginOptions } from './config/plugin-options.ts';
export type { OptionsSchema } from './config/plugin-options.ts';
export { hookTable } from './contract/hooks.ts';
export type {
  BaseQuery,
  BuilderHooks,
  ContextReady,
  Finished,
  HookName,
  HookScope,
  Moment,
  PreBuild,
  Rewrite,
  SnapshotTaken,
  StepDone,
} from './contract/hooks.ts';
export type * from './contract/caches.ts';
export type * from './contract/http.ts';
export type * from './contract/isolation.ts';
export type * from './contract/job.ts';
export type * from './contract/model.ts';
export type * from './contract/blobs.ts';
export type * from './contract/offers.ts';
export type * from './contract/prehooks.ts';
export type * from './contract/record.ts';
export type * from './contract/registry.ts';
export type * from './contract/registry-access.ts';
export type * from './contract/surroundings.ts';
export type * from './contract/store.ts';
export type * from './contract/workshop.ts';
export type * from './contract/world.ts';

// Problems and events
export { BuildError, BuildErrors, defineProblems, locate, problem, problems } from './base/errors.ts';
export type { Whereabouts } from './base/errors.ts';
export { entry } from './base/problems/entry.ts';
export type { ProblemEntry } from './base/problems/entry.ts';
export type { BuildEvent, Phase, Report, StepState } from './base/events.ts';
export { codeFrame } from './base/code-frame.ts';
export { placeOf, positionAt } from './base/source-text.ts';
export type { Position, SourceText, Span } from './base/source-text.ts';
export { Secret } from './base/secret.ts';

// Values that have their own type, and what is made of them
export { hostPath } from './base/brand.ts';
export type { Bytes, CacheKey, DiffId, Digest, HostPath, ImagePath } from './base/brand.ts';
export { compareBytes, fromBuffer, fromUtf8, toBuffer, toUtf8 } from './base/bytes.ts';
export { canonicalJson } from './base/canonical-json.ts';
export type { Json } from './base/canonical-json.ts';
export { asDiffId, digestOf, hexOf, isDigest, meter, shortDigest } from './base/digest.ts';
export type { Meter } from './base/digest.ts';
export { mapPool, pool } from './base/pool.ts';
export { retry } from './base/retry.ts';
export { nearest } from './base/suggest.ts';

// Dockerfiles as data
export type * from './dockerfile/syntax.ts';

// Images and layers as data
export { emptyRuntimeConfig } from './oci/image.ts';
export type * from './oci/image.ts';
export type * from './archive/entry.ts';
export { storeLayer } from './steps/store-layer.ts';
export { isArchiveDamage } from './archive/damage.ts';
export { packLayer } from './archive/pack-layer.ts';
export { tarEntries } from './archive/tar-entries.ts';
export { tarParser } from './archive/tar-parser.ts';
export type { TarHandler, TarLimits, TarParser } from './archive/tar-parser.ts';
export { compressionOf, decompressed } from './archive/decompress.ts';
export { archiveWriter } from './archive/write-archive.ts';
export { mergedView, type MergedView } from './rootfs/merged-view.ts';
export { choosePlatform } from './oci/choose-platform.ts';
export { isForeignLayer, isIndexType, layerMediaType, mediaTypes } from './oci/media-types.ts';
export { readConfig } from './oci/read-config.ts';
export { readIndex, readManifest } from './oci/read-manifest.ts';
export { writeConfig } from './oci/write-config.ts';
export { writeIndex, writeManifest } from './oci/write-manifest.ts';
export { familiarReference, parseReference, printReference, withDefaultTag } from './oci/reference.ts';

// Registries
export { trustedAuthorities } from './registry/trust.ts';
export { serveRegistry } from './registry/server/serve.ts';
export type { ServeOptions, ServedRegistry, ServedRequest } from './registry/server/serve.ts';
export { isRefused, isTransient } from './registry/connection-problem.ts';
export { retryAfter } from './registry/retry-after.ts';
export { shownLocation } from './phases/context-location.ts';
export { narrowContext } from './phases/narrow-context.ts';
export { readIgnoreFile } from './phases/read-ignore-file.ts';
export { outputTail } from './steps/output-tail.ts';
export { byteReader } from './archive/byte-reader.ts';
export { sniffArchive } from './archive/sniff.ts';
export { ancestorsOf, childOf, isWithin, nameOf, parentOf, resolvePath, rootPath } from './base/image-path.ts';

// Building
export { build } from './build.ts';
export { createBuilder } from './builder.ts';
export { storeFolder } from './store/store-folder.ts';
export { overlayOffer } from './worker/overlay-offer.ts';
export { assembleOffer } from './worker/assemble-offer.ts';
export type { Builder, BuilderOptions } from './builder.ts';
export { openWorld } from './host-world.ts';
export type { Host, HostWorld, WorldOptions } from './host-world.ts';
export type { HookTiming, RunningTap } from './contract/tap-guard.ts';
export type { Installed } from './contract/install.ts';

// Configs as the command line handles them
export { cacheSpecs, parseCache } from './config/cache-spec.ts';
export type { CacheSpecs } from './config/cache-spec.ts';
export { describeConfig } from './config/describe.ts';
export type { DescribedConfig } from './config/describe.ts';
export { variables } from './config/environment.ts';
export { gitFacts } from './config/git-facts.ts';
export { isRemote } from './config/context-place.ts';
export { splitFields } from './config/fields.ts';
export type { RequestPlace } from './config/image-request.ts';
export { loadConfig } from './config/load.ts';
export type { LoadedConfig } from './config/load.ts';
export type { Source, Trace } from './config/merge.ts';
export { shareThisCopy } from './config/own-copy.ts';
export { registryAccesses } from './config/registry-accesses.ts';
export { hostWanted, isMirrorPlace, isRegistryHost, mirrorWanted } from './config/registry-settings.ts';
export type { RegistrySetting } from './config/registry-settings.ts';
export { resolveConfig } from './config/resolve.ts';
export type { ResolvedConfig, TracedPlugin } from './config/resolve.ts';
export { imageKeys, settingsKeys } from './config/schema.ts';
export { settleContext, settleRequests } from './config/settle.ts';
export type { RequestFlags } from './config/settle.ts';
export { why } from './config/why.ts';
export type { Why } from './config/why.ts';

// Other things to do with a store and a plan
export { printPlan } from './planning/print-plan.ts';
export { planJson } from './planning/plan-json.ts';
export { pruneStore } from './store/prune-store.ts';
export type { PruneOptions, PrunedFile, PruneResult } from './store/prune-store.ts';
export { doctorStore } from './store/doctor-store.ts';
export { printPlatform, parsePlatform } from './oci/platform.ts';
export { runImage } from './run-image.ts';
export type { RunImageRequest } from './run-image.ts';
export { usedLayers } from './store/used-layers.ts';
export { assembleIsolation, assembleTraits } from './worker/assemble-isolation.ts';
export { remoteIsolation } from './worker/remote-isolation.ts';
export { startWorker } from './worker/start-worker.ts';
