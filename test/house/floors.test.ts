import { expect, test } from 'vitest';
import { folderOf, sourceFiles } from './sources.ts';

/** DESIGN, "Folders and floors": imports go downwards only, type imports count. */
const floors: Readonly<Record<string, number>> = {
  'core/base': 0,
  'core/sys': 0,
  'core/dockerfile': 1,
  'core/oci': 1,
  'core/archive': 1,
  'core/contract': 2,
  'core/store': 3,
  'core/registry': 3,
  'core/rootfs': 3,
  'core/isolation': 3,
  'core/config': 3,
  'core/planning': 4,
  'core/caching': 4,
  'core/steps': 4,
  'core/worker': 4,
  'core/phases': 5,
  'core/prehooks': 5,
  core: 6,
  'core/testing': 7,
};
/** Folders of these floors do not know one another. */
const apart = new Set([1, 3]);

const files = sourceFiles('core', 'plugins', 'presets', 'cli');

test('every folder of core has a floor', () => {
  const unknown = files
    .filter((file) => file.path.startsWith('core/'))
    .filter((file) => floors[folderOf(file.path)] === undefined);
  expect(unknown.map((file) => file.path)).toEqual([]);
});

test('core imports go downwards, and not across on the floors whose folders stand apart', () => {
  const broken: string[] = [];
  for (const file of files.filter((one) => one.path.startsWith('core/'))) {
    const from = folderOf(file.path);
    for (const target of file.imports.filter((name) => /^(core|plugins|presets|cli|test|bench)\//.test(name))) {
      const to = folderOf(target);
      if (from === to) continue;
      const [high, low] = [floors[from] ?? -1, floors[to] ?? 99];
      if (low > high || (low === high && apart.has(low))) broken.push(`${file.path} imports ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('plugins know the front door and what plugins share; presets know plugins and presets; the command line the front door and the standard preset', () => {
  const allowed: readonly (readonly [RegExp, RegExp])[] = [
    [/^plugins\/shared\//, /^(core\/index\.ts|plugins\/shared\/)/],
    [/^plugins\/([^/]+)\//, /^(core\/index\.ts|plugins\/shared\/)/],
    [/^presets\//, /^(core\/index\.ts|plugins\/[^/]+\/index\.ts|presets\/)/],
    [/^cli\//, /^(core\/index\.ts|presets\/standard\.ts|cli\/)/],
  ];
  const broken = files.flatMap((file) => {
    const rule = allowed.find(([where]) => where.test(file.path));
    if (!rule) return [];
    const own = `${folderOf(file.path)}/`;
    return file.imports
      .filter(
        (name) =>
          /^(core|plugins|presets|cli)\//.test(name) &&
          !rule[1].test(name) &&
          !(file.path.startsWith('plugins/') && name.startsWith(own)),
      )
      .map((name) => `${file.path} imports ${name}`);
  });
  expect(broken).toEqual([]);
});

test('no file is part of a circle of imports', () => {
  const graph = new Map(files.map((file) => [file.path, file.imports.filter((name) => name.endsWith('.ts'))]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) circles.push([...trail.slice(at), path].join(' → '));
    if (at !== -1 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  expect(circles).toEqual([]);
});
