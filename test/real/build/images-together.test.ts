/** Several images, targets and platforms in one run: what they share is done once, and each is what it would be alone. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { layerText, readImage, readManifest, type TestImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { describeFailure } from '../../support/process.ts';
import { openMatrix, type Matrix } from './matrix.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'busybox-static', 'docker-registry']);

let matrix: Matrix;
const registry = () => ({ host: matrix.host, direct: `http://${matrix.host}` });
const imageOf = (name: string, platform?: { os: string; architecture: string }): Promise<TestImage> => {
  const [repository = '', reference = 'latest'] = name.split(':');
  const read = { reference, content: () => true };
  return readImage(registrySource(registry(), repository), platform === undefined ? read : { ...read, platform });
};
const manifestOf = (name: string) => readManifest(registrySource(registry(), name), 'latest');

suite('images together', () => {
  beforeAll(async () => void (matrix = await openMatrix()));
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('stand on one another, share stages and get all their names', async () => {
    await using world = await openStrake();
    await write(world, {
      'build.config.ts': `
        import { defineConfig, image } from 'strake';
        const at = (name: string) => '${matrix.host}/together/' + name;
        export default defineConfig({
          defaults: { args: { COLOUR: 'red' }, push: true, labels: { common: 'yes' } },
          images: {
            api: { context: 'api', contexts: { base: image('base') }, tags: [at('api:1'), at('api:2'), at('also')] },
            base: { dockerfile: 'base.Dockerfile', context: 'base', tags: [at('base')], args: { COLOUR: 'blue' } },
            one: { dockerfile: 'shared.Dockerfile', target: 'one', tags: [at('one')] },
            two: { dockerfile: 'shared.Dockerfile', target: 'two', tags: [at('two')], labels: { own: 'two' } },
          },
        });`,
      'base.Dockerfile': `FROM ${matrix.host}/base/busybox\nARG COLOUR\nRUN echo $COLOUR > /colour\nCOPY f /f\nENV OF_BASE=1\n`,
      'base/f': 'f of base\n',
      'api/Dockerfile': 'FROM base\nCOPY f /g\nRUN cat /f /g /colour > /all\n',
      'api/f': 'f of api\n',
      'shared.Dockerfile': `FROM ${matrix.host}/base/busybox AS shared\nRUN cat /proc/sys/kernel/random/uuid > /id\nFROM shared AS one\nRUN echo one > /one\nFROM shared AS two\nRUN echo two > /two\n`,
    });
    const first = await strakeBuild(world, []);
    const [api, base, one, two] = await Promise.all(
      ['api:1', 'base', 'one', 'two'].map((name) => imageOf(`together/${name}`)),
    );
    expect(api!.layers.slice(0, base!.layers.length).map(({ diffId }) => diffId)).toEqual(
      base!.layers.map(({ diffId }) => diffId),
    );
    expect(textOf(api!, 'all')).toBe('f of base\nf of api\nblue\n');
    expect(api!.config.config).toMatchObject({ Env: expect.arrayContaining(['OF_BASE=1']), Labels: { common: 'yes' } });
    expect((await imageOf('together/api:2')).digest).toBe(api!.digest);
    expect((await imageOf('together/also')).digest).toBe(api!.digest);
    // Made once, or they would not have the same id.
    expect(textOf(one!, 'id')).toBe(textOf(two!, 'id'));
    expect(layerText(two!.layers.at(-1)!)).toMatch(/^-rw-r--r-- 0:0 4 \S+ two\n$/);
    expect(two!.config.config).toMatchObject({ Labels: { common: 'yes', own: 'two' } });
    const again = await strakeBuild(world, []);
    for (const [name, result] of Object.entries(again)) {
      expect(result['strake.steps']?.performed, name).toBe(0);
      expect(result['containerimage.digest']).toBe(first[name]!['containerimage.digest']);
    }
    await world.assertClean();
  });

  it('for two platforms are an index over two images, each what it would be alone', async () => {
    await using world = await openStrake();
    const dockerfile = `FROM ${matrix.host}/base/busybox-multi\nARG TARGETARCH\nCOPY <<EOF /arch\n\${TARGETARCH}\nEOF\nWORKDIR /w\n`;
    await write(world, { 'both/Dockerfile': dockerfile });
    const build = async (name: string, platforms: string): Promise<void> => {
      const names = [`--tag=${matrix.host}/${name}`, `--platform=${platforms}`, '--no-config'];
      const built = await world.strake(['build', '--push', ...names, join(world.work, 'both')]);
      expect(built.status, describeFailure(built)).toBe(0);
    };
    await build('platforms/both', 'linux/amd64,linux/arm64');
    const { descriptor, content } = await manifestOf('platforms/both');
    expect(descriptor.mediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect('manifests' in content && content.manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ]);
    for (const architecture of ['amd64', 'arm64']) {
      const image = await imageOf('platforms/both', { os: 'linux', architecture });
      expect(image.config.architecture).toBe(architecture);
      expect(textOf(image, 'arch')).toBe(`${architecture}\n`);
      await build(`platforms/${architecture}`, `linux/${architecture}`);
      expect((await manifestOf(`platforms/${architecture}`)).descriptor.digest).toBe(image.digest);
    }
    await world.assertClean();
  });
});

const textOf = (image: TestImage, path: string): string | undefined =>
  image.layers
    .flatMap(({ entries }) => entries)
    .findLast((entry) => entry.path === path)
    ?.content?.toString();

async function write(world: StrakeWorld, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(world.work, path)), { recursive: true });
    await writeFile(join(world.work, path), text);
  }
}

interface Result {
  readonly 'containerimage.digest': string;
  readonly 'strake.steps'?: { readonly performed: number };
}

/** Builds in the world's folder; what came out, by image. */
async function strakeBuild(world: StrakeWorld, args: readonly string[]): Promise<Readonly<Record<string, Result>>> {
  const file = join(world.work, 'metadata.json');
  const built = await world.strake(['build', `--metadata-file=${file}`, ...args]);
  expect(built.status, describeFailure(built)).toBe(0);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, Result>;
}
