/// <reference types="node" preserve="true" />

/** The side door `strake/testing`: what tests of plugins and presets need, whatever runs them. */

export { fakeWorld } from './fake-world.ts';
export type { FakeWorld, FakeWorldOptions } from './fake-world.ts';
export type { Tree, TreeDirectory, TreeFile, TreeHardlink, TreeLink, TreeNode, TreeOther } from './trees.ts';
export { readTree, writeTree } from './disk-trees.ts';
export { layersTree, treeLayer } from './layer-trees.ts';
export type { LayerReader } from './layer-trees.ts';
export { tryPlugin } from './try-plugin.ts';
export type { BenchOptions, BenchRequest, PluginBench, TriedBuild } from './try-plugin.ts';
export type { BenchBase, TriedImage } from './bench-plugin.ts';
export { tryPreset } from './try-preset.ts';
export type { PresetBench } from './try-preset.ts';
export { fakeRegistry } from './fake-registry.ts';
export type { FakeRegistry, FakeRegistryOptions, PlatformFiles, RegistryRequest } from './fake-registry.ts';
export type { FaultOptions, Matching, Trouble } from './registry/faults.ts';
export type { Repositories, Repository, StoredManifest } from './registry/shelves.ts';
