import assert, { AssertionError } from 'node:assert/strict';
import type { Blobs } from '../../contract/blobs.ts';
import type { FinishedImage, OutputSpec, Published } from '../../contract/model.ts';
import type { Output, OutputRequest, OutputSession } from '../../contract/offers.ts';
import type { Plugin } from '../../contract/plugin.ts';
import type { Platform } from '../../oci/image.ts';
import { treeLayer } from '../layer-trees.ts';
import { digestOfImage, finishedImage, imageOf } from '../tree-images.ts';
import { requestOf } from '../try-plugin.ts';
import type { Tree } from '../trees.ts';
import { checksOf, expectProblem, type Check, type Closable } from './check.ts';
import { openGround, type Ground, type GroundOptions } from './ground.ts';

export interface OutputSubject extends GroundOptions, Closable {
  readonly plugin: Plugin;
  /** Which of its outputs; absent: the only one. */
  readonly type?: string;
  /** Where to, for this world: `dest`, `options`. */
  spec?(ground: Ground): Partial<OutputSpec>;
  /** What the image is called there. */
  readonly names?: readonly string[];
  /** `one`: an image of several platforms is refused. */
  readonly platforms?: 'one' | 'several';
  /** The files of what lies there now; `undefined`: nothing does. For one platform. */
  read(ground: Ground, platform: Platform): Promise<Tree | undefined>;
}

const amd64: Platform = { os: 'linux', architecture: 'amd64' };
const arm64: Platform = { os: 'linux', architecture: 'arm64' };
const lower: Tree = { '/etc/hosts': 'none\n', '/bin/tool': { file: 'tool', mode: 0o755 } };
const upper: Tree = { '/app/text': 'words\n', '/app/link': { link: 'text' } };
const whole: Tree = { ...lower, ...upper };

/** What every output promises. */
export const outputContract = (make: () => OutputSubject | Promise<OutputSubject>): Check[] =>
  checksOf(make, { ...publishing, ...givingUp });

const publishing = {
  'publishes what it was given, and says under which digest': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const image = await imageFor(subject, ground, [amd64]);
    const session = await begin(subject, ground, [amd64]);
    for (const layer of image.platforms[0]!.layers) await session.layer(layer);
    expectPublished(await session.finish(image), image);
    assert.deepEqual(await subject.read(ground, amd64), whole);
  },

  'needs no layer beforehand, and takes one twice and in any order': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const image = await imageFor(subject, ground, [amd64]);
    const [base, top] = image.platforms[0]!.layers;
    const session = await begin(subject, ground, [amd64]);
    await Promise.all([session.layer(top!), session.layer(top!)]);
    await session.layer(top!);
    expectPublished(await session.finish(image), image);
    assert.deepEqual(await subject.read(ground, amd64), whole);
    assert.notEqual(base, undefined);
  },

  'publishes the same image twice': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const image = await imageFor(subject, ground, [amd64]);
    for (let times = 0; times < 2; times++)
      expectPublished(await (await begin(subject, ground, [amd64])).finish(image), image);
    assert.deepEqual(await subject.read(ground, amd64), whole);
  },

  'publishes all platforms of an image, or refuses it before anything is done': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const platforms = [amd64, arm64];
    if (subject.platforms === 'one') {
      await expectProblem(begin(subject, ground, platforms), 'an image of two platforms');
      assert.equal(await subject.read(ground, amd64), undefined);
      return;
    }
    const image = await imageFor(subject, ground, platforms);
    expectPublished(await (await begin(subject, ground, platforms)).finish(image), image);
    for (const platform of platforms)
      assert.deepEqual(await subject.read(ground, platform), { ...whole, '/arch': platform.architecture });
  },
};

const givingUp = {
  'leaves nothing when the build fails': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const image = await imageFor(subject, ground, [amd64]);
    const session = await begin(subject, ground, [amd64]);
    await session.layer(image.platforms[0]!.layers[0]!);
    await session.abort();
    assert.equal(await subject.read(ground, amd64), undefined);
    await (await begin(subject, ground, [amd64])).abort();
    assert.equal(await subject.read(ground, amd64), undefined);
  },

  'leaves no image when a layer cannot be read to its end': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const image = await imageFor(subject, ground, [amd64]);
    const session = await begin(subject, ground, [amd64], breaking(ground.workshop.blobs));
    const finished = await session.finish(image).then(
      () => true,
      () => false,
    );
    if (finished) return 'it needs no bytes of layers';
    await session.abort();
    assert.equal(await subject.read(ground, amd64), undefined);
    return undefined;
  },

  'refuses an option it does not have': async (subject: OutputSubject) => {
    await using ground = await openGround(subject.plugin, subject);
    const given = subject.spec?.(ground) ?? {};
    const options = [...(given.options ?? []), ['no-such-option', 'x'] as const];
    const spec = (): Partial<OutputSpec> => ({ ...given, options });
    const work = begin({ ...subject, spec }, ground, [amd64]);
    const problem = await expectProblem(work, 'an unknown option');
    assert.equal(problem.exit, 2);
    assert.match(problem.message, /no-such-option/);
  },
};

function outputOf({ type, plugin }: OutputSubject, { workshop }: Ground): Output {
  const { outputs } = workshop.offers;
  const found = type === undefined ? outputs[0] : outputs.find((output) => output.type === type);
  if (!found) throw new AssertionError({ message: `the plugin "${plugin.name}" offers no output "${type ?? ''}"` });
  return found;
}

function begin(
  subject: OutputSubject,
  ground: Ground,
  platforms: readonly Platform[],
  blobs: Blobs = ground.workshop.blobs,
): Promise<OutputSession> {
  const output = outputOf(subject, ground);
  const plain = { type: output.type, forceCompression: false, rewriteTimestamp: false, options: [] };
  const spec: OutputSpec = { ...plain, ...subject.spec?.(ground) };
  const names = subject.names ?? [];
  const image = requestOf('.', { name: 'checked', tags: names, platforms });
  const request: OutputRequest = { image, spec, names, platforms, blobs };
  return output.begin(request, ground.workshop);
}

/** One platform: two layers. Several: a third that tells them apart. */
async function imageFor(
  { names = [] }: OutputSubject,
  { workshop: { store } }: Ground,
  platforms: readonly Platform[],
): Promise<FinishedImage> {
  const shared = [await treeLayer(store, lower), await treeLayer(store, upper)];
  const images = platforms.map(async (platform) => {
    const own = platforms.length > 1 ? [await treeLayer(store, { '/arch': platform.architecture })] : [];
    return imageOf('checked', { layers: [...shared, ...own], platform });
  });
  return finishedImage('checked', names, await Promise.all(images));
}

function expectPublished(published: readonly Published[], image: FinishedImage): void {
  assert.ok(published.length > 0, 'it says where the image went');
  for (const { location, digest } of published) {
    assert.notEqual(location, '');
    assert.equal(digest, digestOfImage(image));
  }
}

/** Layers whose bytes end in the middle with an error. */
const breaking = (blobs: Blobs): Blobs => ({
  ...blobs,
  async *open(layer) {
    for await (const chunk of blobs.open(layer)) {
      yield chunk.subarray(0, chunk.length >> 1);
      throw new Error('the bytes end here, as the check wants it');
    }
  },
});
