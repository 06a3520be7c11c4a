import { mkdirSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { definePlugin, fromUtf8, packLayer, storeLayer, type ImagePath, type PackEntry } from '../../../core/index.ts';
import { openGround } from '../../../core/testing/checks/ground.ts';
import { recordedTree } from '../../../core/prehooks/records.ts';

const common = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const at = (path: string): ImagePath => fromUtf8(path) as string as ImagePath;
const directory = (path: string): PackEntry => ({ type: 'directory', path: at(path), ...common });
const link = (path: string, target: string): PackEntry => ({
  type: 'symlink',
  path: at(path),
  target: fromUtf8(target),
  ...common,
});
const file = (path: string): PackEntry => ({
  type: 'file',
  path: at(path),
  size: 1,
  content: { from: 'bytes', bytes: Buffer.from('x') },
  ...common,
});

/** Caches that others write to can hold anything. */
test.each<readonly [string, readonly PackEntry[]]>([
  ['a file below a link', [link('/gen', '../elsewhere'), file('/gen/x')]],
  ['a file below one that was a directory', [directory('/gen'), link('/gen', '../elsewhere'), file('/gen/x')]],
  ['a file in the place of a link', [link('/gen', '../elsewhere/x'), file('/gen')]],
  ['a file below nothing', [file('/gen/x')]],
  ['a pipe', [{ type: 'fifo', path: at('/p'), ...common }]],
  ['a name for another file', [file('/a'), { type: 'hardlink', path: at('/b'), target: at('/a'), ...common }]],
  ['a deletion', [{ type: 'whiteout', path: at('/a') }]],
])('a record with %s is refused, and nothing is left of it', async (_, entries) => {
  await using ground = await openGround(definePlugin(() => ({ name: 'nothing' }))(), {});
  const { store } = ground.workshop;
  const elsewhere = `${store.root}/contexts/elsewhere`;
  mkdirSync(elsewhere, { recursive: true });
  const layer = await storeLayer(store, (write) => packLayer(entries, { compression: { type: 'none' }, write }));
  await expect(recordedTree(layer, ground.workshop)).rejects.toMatchObject({ code: 'LAYER_ENTRY_IMPOSSIBLE' });
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(await store.trees.find(`prebuild ${layer.diffId}`)).toBeUndefined();
});
