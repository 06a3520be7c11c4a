/** From files on the disk to a tar and back: what GNU tar unpacks of a COPY's layer is what was copied. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../core/base/brand.ts';
import { openIndex } from '../../../core/archive/layer-index.ts';
import { packLayer, type PackedLayer } from '../../../core/archive/pack-layer.ts';
import { composeCopy } from '../../../core/rootfs/compose-copy.ts';
import { openFileHashes } from '../../../core/rootfs/file-hashes.ts';
import { hostTree } from '../../../core/rootfs/host-tree.ts';
import { emptyView, mergedView, type MergedView } from '../../../core/rootfs/merged-view.ts';
import { select } from '../../../core/rootfs/select-sources.ts';
import { digestSelection } from '../../../core/rootfs/selection-digest.ts';
import { run } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { action } from './copies.ts';
import { path, show } from './layers.ts';

let directory: TempDir;
beforeEach(async () => {
  directory = await tempDir('copied-layer');
});
afterEach(async () => directory.remove());

async function layerOf(copy: string, onto: MergedView = emptyView()): Promise<PackedLayer> {
  const root = hostPath(directory.at('context'));
  const tree = hostTree({ root, label: 'the context', hashes: openFileHashes({ now: Date.now }) });
  const asked = action(copy);
  const selection = select(asked, tree);
  await digestSelection(selection);
  const parts: Uint8Array[] = [];
  const packed = await packLayer(composeCopy(asked, selection, onto, {}), {
    compression: { type: 'none' },
    write: (chunk) => void parts.push(chunk),
  });
  writeFileSync(directory.at('layer.tar'), Buffer.concat(parts));
  return packed;
}

function makeContext(): void {
  const at = (name: string): string => directory.at('context', name);
  mkdirSync(at('src/deep'), { recursive: true });
  writeFileSync(at('src/main'), 'x'.repeat(100_000));
  writeFileSync(at('src/deep/tool'), '#!/bin/sh');
  chmodSync(at('src/deep/tool'), 0o4750);
  symlinkSync('../src/main', at('src/link'));
  linkSync(at('src/main'), at('src/deep/same'));
  chmodSync(at('src/deep'), 0o711);
  for (const name of ['src/main', 'src/deep/tool']) utimesSync(at(name), 1_600_000_000, 1_600_000_000);
}

test('a tar that other programs read', async () => {
  makeContext();
  await layerOf('. -> /app');
  mkdirSync(directory.at('out'));
  await run(['tar', '-xpf', directory.at('layer.tar'), '-C', directory.at('out')]);
  const stat = (name: string) => lstatSync(directory.at('out/app', name));
  expect(readFileSync(directory.at('out/app/src/main'), 'utf8')).toBe('x'.repeat(100_000));
  expect(stat('src/deep/tool').mode & 0o7777).toBe(0o4750);
  expect(stat('src/deep').mode & 0o7777).toBe(0o711);
  expect(stat('src/main').mtimeMs).toBe(1_600_000_000_000);
  expect(stat('src/main').ino).toBe(stat('src/deep/same').ino);
  expect(readlinkSync(directory.at('out/app/src/link'))).toBe('../src/main');
});

test('its index shows the same, with hashes, and later steps see it', async () => {
  makeContext();
  const first = await layerOf('src -> /usr/bin/');
  const index = openIndex(first.index);
  expect(index.get(path('/usr/bin/deep/tool'))).toMatchObject({ size: 9, hash: expect.stringMatching(/^sha256:/) });
  const second = await layerOf('src/main -> /usr/bin/deep', mergedView([index]));
  expect([...openIndex(second.index).walk()].map(show)).toEqual([
    'dir /usr 0755',
    'dir /usr/bin 0755',
    'dir /usr/bin/deep 0711',
    'file /usr/bin/deep/main 0644',
  ]);
});

test('the same files give the same layer', async () => {
  makeContext();
  const first = await layerOf('src -> /app');
  expect((await layerOf('src -> /app')).diffId).toBe(first.diffId);
});
