/** The merged view against a tree that layers are unpacked into one after another, on random stacks of layers. */
import { expect, test } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { parentOf } from '../../../core/base/image-path.ts';
import type { Entry, LayerEntry } from '../../../core/archive/entry.ts';
import { mergedView } from '../../../core/rootfs/merged-view.ts';
import { layerOfEntries, show } from './layers.ts';

type Random = () => number;

/** Mulberry32: the same numbers for the same seed. */
function random(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = ['a', 'a-b', 'a.b', 'b', '0'];
const universe: ImagePath[] = [];
for (const x of names) {
  universe.push(`/${x}` as ImagePath);
  for (const y of names) {
    universe.push(`/${x}/${y}` as ImagePath);
    for (const z of names) universe.push(`/${x}/${y}/${z}` as ImagePath);
  }
}

/** No file of a layer has anything below it in the same layer. */
function randomLayer(next: Random): LayerEntry[] {
  const entries = new Map<ImagePath, LayerEntry>();
  const marks: LayerEntry[] = [];
  for (let count = Math.floor(next() * 12); count > 0; count--) {
    const path = universe[Math.floor(next() * universe.length)]!;
    const pick = next();
    const common = { path, mode: next() < 0.5 ? 0o700 : 0o711, uid: 0, gid: 0, mtime: 0 };
    if (pick < 0.15) marks.push({ type: 'whiteout', path });
    else if (pick < 0.25) marks.push({ type: 'opaque', path });
    else if (pick < 0.55) entries.set(path, { type: 'directory', ...common });
    else if (pick < 0.65) entries.set(path, { type: 'symlink', ...common, target: '/a' as never });
    else entries.set(path, { type: 'file', ...common, size: 0 });
  }
  for (const path of entries.keys()) {
    const above = [...entries].filter(([other, entry]) => path.startsWith(`${other}/`) && entry.type !== 'directory');
    for (const [other] of above) entries.delete(other);
  }
  return [...marks, ...entries.values()];
}

interface Placed {
  readonly shown: string;
  readonly isDirectory: boolean;
}

function unpack(layers: readonly (readonly LayerEntry[])[]): Map<string, Placed> {
  const tree = new Map<string, Placed>([['/', { shown: 'dir / 0755', isDirectory: true }]]);
  const removeBelow = (path: string): void => {
    for (const at of tree.keys()) if (at.startsWith(`${path}/`)) tree.delete(at);
  };
  const made = (path: string): Placed => ({ shown: `dir ${path} 0755`, isDirectory: true });
  const makeParents = (path: ImagePath): void => {
    const above = parentOf(path);
    if (above === ('/' as ImagePath)) return;
    makeParents(above);
    if (!tree.get(above)?.isDirectory) tree.set(above, made(above));
  };
  for (const entries of layers) {
    for (const { type, path } of entries) {
      if (type === 'whiteout') tree.delete(path);
      if (type === 'whiteout' || type === 'opaque') removeBelow(path);
    }
    for (const entry of entries as readonly Entry[]) {
      if ((entry.type as string) === 'whiteout' || (entry.type as string) === 'opaque') continue;
      makeParents(entry.path);
      if (entry.type !== 'directory') removeBelow(entry.path);
      tree.set(entry.path, { shown: show(entry), isDirectory: entry.type === 'directory' });
    }
  }
  return tree;
}

test.each(Array.from({ length: 8 }, (_, block) => block))('random layers, block %i', (block) => {
  for (let seed = block * 40; seed < block * 40 + 40; seed++) {
    const next = random(seed + 1);
    const layers = Array.from({ length: 1 + Math.floor(next() * 5) }, () => randomLayer(next));
    const expected = unpack(layers);
    const view = mergedView(layers.map((entries) => layerOfEntries(entries)));
    const context = `seed ${seed}: ${JSON.stringify(layers.map((entries) => entries.map(show)))}`;
    for (const path of universe) {
      const entry = view.lookup(path);
      expect(entry && show(entry), `${context} ${path}`).toBe(expected.get(path)?.shown);
    }
    const walked = [...view.walk()].map(show);
    expect(walked.sort(), context).toEqual([...expected.values()].map((placed) => placed.shown).sort());
    for (const path of ['/' as ImagePath, ...universe]) {
      const children = [...view.children(path)].map((entry) => entry.path);
      expect(children, `${context} children of ${path}`).toEqual(
        [...expected.keys()].filter((at) => at !== '/' && parentOf(at as ImagePath) === path).sort(),
      );
    }
  }
});
