import type { CacheKey, DiffId, Digest } from '../base/brand.ts';
import { canonicalJson } from '../base/canonical-json.ts';
import { digestOf, hexOf } from '../base/digest.ts';
import type { Layer, PlannedBase, PlannedStep } from '../contract/model.ts';
import type { Pairs, Platform } from '../oci/image.ts';

/** Raised when strake would make another layer from the same inputs: older records are then never found. */
const schema = '1';

/** A key with the named inputs it was made of, so that a miss can be explained. */
export interface Keyed {
  readonly key: CacheKey;
  readonly inputs: Pairs;
}

/** What a stage stands on, as a key: the parent of its first step. */
export function baseKey(base: PlannedBase, stageKey: (stage: string) => CacheKey): CacheKey {
  switch (base.kind) {
    case 'scratch':
      return 'scratch' as CacheKey;
    case 'image':
      return chainKey(base.image.layers);
    case 'stage':
      return stageKey(base.stage);
  }
}

/** Files by content alone: the same layers in the same order, wherever they come from. */
export const chainKey = (layers: readonly Layer[]): CacheKey =>
  layers.length === 0
    ? ('scratch' as CacheKey)
    : keyOf([['layers', layers.map((layer) => hexOf(layer.diffId)).join(' ')]]).key;

/** First key: what was asked. The parent is named by its own key, sources by content where it is known beforehand. */
export const askedKey = (
  step: PlannedStep,
  platform: Platform,
  parent: CacheKey,
  sources: string,
  exact: boolean,
): Keyed => keyOf([...frame('asked', platform, exact), ['parent', parent], ['sources', sources], ...step.asked]);

/** Second key: the same instruction on parents that came out the same, reading the same content. */
export const contentKey = (
  step: PlannedStep,
  platform: Platform,
  parents: readonly Layer[],
  sources: string,
  exact: boolean,
): Keyed =>
  keyOf([...frame('content', platform, exact), ['parent', chainKey(parents)], ['sources', sources], ...step.asked]);

/** Key of a layer made from another one: recompressed, or with its times rewritten. */
export const treatedKey = (diffId: DiffId, from: Digest, treatment: string): Keyed =>
  keyOf([
    ['schema', schema],
    ['kind', 'treated'],
    ['diff id', diffId],
    ['blob', from],
    ['treatment', treatment],
  ]);

/** Key of what a prehook makes. */
export const prehookKey = (asked: Pairs): Keyed => keyOf([['schema', schema], ['kind', 'prebuild'], ...asked]);

const frame = (kind: string, platform: Platform, exact: boolean): Pairs => [
  ['schema', schema],
  ['kind', kind],
  ['platform', [platform.os, platform.architecture, platform.variant ?? ''].join('/')],
  // Layers of an isolation that cannot keep owners never serve one that can.
  ...(exact ? [] : [['owners', 'single id'] as const]),
];

const keyOf = (inputs: Pairs): Keyed => ({ key: digestOf(canonicalJson(inputs)).slice(7) as CacheKey, inputs });
