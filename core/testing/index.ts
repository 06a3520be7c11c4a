/// <reference types="node" preserve="true" />

/** The side door `strake/testing`: what tests of plugins and presets need, whatever runs them. */

export { fakeWorld } from './fake-world.ts';
export type { FakeWorld, FakeWorldOptions } from './fake-world.ts';
export type { Tree, TreeDirectory, TreeFile, TreeHardlink, TreeLink, TreeNode, TreeOther } from './trees.ts';
export { readTree, writeTree } from './disk-trees.ts';
export { layersTree, treeLayer } from './layer-trees.ts';
export type { LayerReader } from './layer-trees.ts';
export { treeImage } from './tree-images.ts';
export type { TreeImageOptions } from './tree-images.ts';
export { tryPlugin } from './try-plugin.ts';
export type { BenchOptions, BenchRequest, PluginBench, TriedBuild } from './try-plugin.ts';
export type { BenchBase, TriedImage } from './bench-plugin.ts';
export { tryPreset } from './try-preset.ts';
export type { PresetBench } from './try-preset.ts';
export { fakeRegistry } from './fake-registry.ts';
export type { FakeRegistry, FakeRegistryOptions, PlatformFiles, RegistryRequest } from './fake-registry.ts';
export type { FaultOptions, Matching, Trouble } from './registry/faults.ts';
export type { Repositories, Repository, StoredManifest } from './registry/shelves.ts';
export type { Check, CheckOutcome } from './checks/check.ts';
export type { Ground } from './checks/ground.ts';
export { contextSourceContract } from './checks/context-source.ts';
export type { ContextSubject } from './checks/context-source.ts';
export { credentialContract } from './checks/credential.ts';
export type { CredentialSubject } from './checks/credential.ts';
export { cacheContract } from './checks/cache.ts';
export type { CacheSubject } from './checks/cache.ts';
export { outputContract } from './checks/output.ts';
export type { OutputSubject } from './checks/output.ts';
export { imageSourceContract } from './checks/image-source.ts';
export type { ImageSourceSubject } from './checks/image-source.ts';
export { isolationContract } from './checks/isolation.ts';
export type { IsolationSubject } from './checks/isolation-bench.ts';
