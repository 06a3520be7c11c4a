import assert, { AssertionError } from 'node:assert/strict';
import { asDiffId, digestOf, isDigest } from '../../base/digest.ts';
import { BuildError } from '../../base/errors.ts';
import { decompressed } from '../../archive/decompress.ts';
import type { ResolvedImage } from '../../contract/model.ts';
import type { ImageQuery } from '../../contract/offers.ts';
import type { Plugin } from '../../contract/plugin.ts';
import type { Platform } from '../../oci/image.ts';
import { parseReference } from '../../oci/reference.ts';
import { collect, layersTree } from '../layer-trees.ts';
import { tryPlugin } from '../try-plugin.ts';
import type { Tree } from '../trees.ts';
import { checksOf, within, type Check, type Closable } from './check.ts';
import { openGround, type Ground, type GroundOptions } from './ground.ts';

export interface ImageSourceSubject extends GroundOptions, Closable {
  readonly plugin: Plugin;
  /** Puts the image where the source finds it, where that is the store or another part of the ground. */
  prepare?(ground: Ground): Promise<void>;
  /** A name that is found, and the files behind it; absent: nobody compares them. */
  readonly good: string;
  readonly holds?: Tree;
  /** A name of its kind that nothing stands behind. */
  readonly missing: string;
  /** What `good` is for (linux/amd64). */
  readonly platform?: Platform;
}

const elsewhere: Platform = { os: 'plan9', architecture: 'mips64le' };

/** What everything that finds base images promises. */
export const imageSourceContract = (make: () => ImageSourceSubject | Promise<ImageSourceSubject>): Check[] =>
  checksOf(make, { ...finding, ...using });

const finding = {
  'finds an image of the platform that is asked for': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const image = await find(subject, ground);
    const { platform } = image.config;
    const { os, architecture } = subject.platform ?? ground.world.host;
    assert.deepEqual([platform.os, platform.architecture], [os, architecture]);
    assert.ok(isDigest(image.digest), 'it has a digest');
    assert.equal(image.reference, subject.good);
    assert.deepEqual(
      image.layers.map((layer) => layer.diffId),
      image.config.diffIds,
    );
  },

  'finds the same image again': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const [one, two] = await Promise.all([find(subject, ground), find(subject, ground)]);
    const three = await find(subject, ground);
    assert.deepEqual([two.digest, three.digest], [one.digest, one.digest]);
  },

  'has nothing under a name it does not know, or says so with a problem': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    assert.equal(await ask({ ...subject, good: subject.missing }, ground).catch(problemsOnly), undefined);
  },

  'does not pass off an image of another platform': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const found = await ask({ ...subject, platform: elsewhere }, ground).catch(problemsOnly);
    if (found) return `it has one image for every platform: ${found.config.platform.architecture}`;
    return undefined;
  },

  'ends soon when the build was aborted': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    ground.world.abort();
    await within(10_000, Promise.allSettled([find(subject, ground)]), 'looking in an aborted build');
  },
};

const using = {
  'gives bytes that are what digests and diff ids say': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const image = await find(subject, ground);
    for (const { descriptor, diffId } of image.layers) {
      const bytes = await collect(image.open(descriptor));
      assert.deepEqual([digestOf(bytes), bytes.length], [descriptor.digest, descriptor.size]);
      const plain = await collect(decompressed(chunksOf(bytes)));
      assert.equal(asDiffId(digestOf(plain)), diffId);
    }
  },

  'goes on from any byte': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const image = await find(subject, ground);
    for (const { descriptor } of image.layers) {
      const whole = await collect(image.open(descriptor));
      const offset = whole.length >> 1;
      assert.ok(whole.subarray(offset).equals(await collect(image.open(descriptor, offset))), `from byte ${offset}`);
    }
  },

  'is built on, with all its files': async (subject: ImageSourceSubject) => {
    await using ground = await prepared(subject);
    const image = await find(subject, ground);
    ground.workshop.blobs.knows(image);
    const tree = await layersTree(image.layers, ground.workshop.blobs);
    if (subject.holds) assert.deepEqual(tree, subject.holds);
    if (subject.prepare) return 'its image lies in the ground of one check';
    const options = { ...subject.world, settings: { ...subject.settings } };
    await using bench = await tryPlugin(subject.plugin, options);
    const platforms = [subject.platform ?? bench.world.host];
    const dockerfile = `FROM ${subject.good}\nCOPY a /a-file-of-the-check\n`;
    const { files } = await bench.build({ '/Dockerfile': dockerfile, '/a': 'hi' }, { platforms });
    assert.deepEqual(files, { ...tree, '/a-file-of-the-check': 'hi' });
    return undefined;
  },
};

function problemsOnly(error: unknown): undefined {
  if (!BuildError.is(error)) throw error;
}

async function prepared(subject: ImageSourceSubject): Promise<Ground> {
  const ground = await openGround(subject.plugin, subject);
  await subject.prepare?.(ground);
  return ground;
}

async function ask(
  { plugin, good, platform }: ImageSourceSubject,
  { workshop, world }: Ground,
): Promise<ResolvedImage | undefined> {
  const { images } = workshop.offers;
  if (images.length === 0) throw new AssertionError({ message: `the plugin "${plugin.name}" offers no images` });
  const query: ImageQuery = { text: good, platform: platform ?? world.host, ...referenceOf(good) };
  for (const source of images) {
    const found = await source.resolve(query, workshop);
    if (found) return found;
  }
  return undefined;
}

async function find(subject: ImageSourceSubject, ground: Ground): Promise<ResolvedImage> {
  const found = await ask(subject, ground);
  if (!found) throw new AssertionError({ message: `${subject.good} is not found` });
  return found;
}

function referenceOf(text: string): Pick<ImageQuery, 'reference'> {
  try {
    return { reference: parseReference(text) };
  } catch {
    return {};
  }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
