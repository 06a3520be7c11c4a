import { cp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { imageSourceContract, tryPlugin, type Tree } from '../../../core/testing/index.ts';
import { ociLayout } from '../../../plugins/oci-layout/index.ts';
import { blobFile, writeLayout } from '../../support/oci-layout.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
const image = (text: string, platform = platforms[0]!) => ({
  platform,
  layers: [{ tar: writeTar([{ path: 'which', content: text }]), compression: 'zstd' as const }],
});
const index = (manifests: readonly object[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests });
const named = (descriptor: object, name: string): object => ({
  ...descriptor,
  annotations: { 'org.opencontainers.image.ref.name': name },
});

let temp: TempDir;
beforeAll(async () => {
  temp = await tempDir('layouts');
});
afterAll(() => temp.remove());

let count = 0;
async function layout(...images: Parameters<typeof writeLayout>[1]) {
  const directory = temp.at(`layout-${count++}`);
  return { directory, top: await writeLayout(directory, images) };
}
const nameImages = (directory: string, manifests: readonly object[]): Promise<void> =>
  writeFile(join(directory, 'index.json'), index(manifests));

/** Files of the base, as a build on it has them. */
async function files(base: string, { platform }: { platform?: (typeof platforms)[number] } = {}): Promise<Tree> {
  await using bench = await tryPlugin(ociLayout());
  const options = { ...(platform && { platforms: [platform] }) };
  const built = await bench.build({ '/Dockerfile': `FROM ${base}\nCOPY Dockerfile /\n` }, options);
  return Object.fromEntries(Object.entries(built.files).filter(([path]) => path !== '/Dockerfile'));
}

describe('the contract', () => {
  for (const check of imageSourceContract(async () => {
    const { directory } = await layout(image('one'), image('two', platforms[1]));
    return {
      plugin: ociLayout(),
      good: `oci-layout://${directory}`,
      holds: { '/which': 'one' },
      missing: `oci-layout://${directory}:absent`,
    };
  }))
    test(check.name, async () => void (await check.run()));
});

describe('which image is meant', () => {
  it('the one of the platform', async () => {
    const { directory } = await layout(image('one'), image('two', platforms[1]));
    expect(await files(`oci-layout://${directory}`, { platform: platforms[1]! })).toEqual({ '/which': 'two' });
    const absent = files(`oci-layout://${directory}`, { platform: { os: 'linux', architecture: 's390x' } });
    await expect(absent).rejects.toMatchObject({
      code: 'oci-layout/PLATFORM_MISSING',
      hint: 'It has linux/amd64, linux/arm64.',
    });
  });

  it('by its tag, `latest` without one, or by its digest', async () => {
    const { directory, top } = await layout(image('one'));
    const other = await layout(image('two'));
    await cp(join(other.directory, 'blobs'), join(directory, 'blobs'), { recursive: true });
    await nameImages(directory, [named(other.top, 'registry.example:5000/team/app:2'), named(top, 'latest')]);
    const at = `oci-layout://${directory}`;
    const found = await Promise.all(
      [at, `${at}:2`, `${at}@${other.top.digest}`, `${at}:2@${top.digest}`].map((it) => files(it)),
    );
    expect(found.map((tree) => tree['/which'])).toEqual(['one', 'two', 'two', 'one']);
    await expect(files(`${at}:3`)).rejects.toMatchObject({
      code: 'oci-layout/NOT_IN_LAYOUT',
      message: `${directory} has no 3.`,
      hint: 'It has 2, latest.',
    });
    await nameImages(directory, [named(other.top, '2'), named(top, '1')]);
    await expect(files(at)).rejects.toMatchObject({ code: 'oci-layout/NOT_IN_LAYOUT' });
    // A name is not asked for where there is no other.
    await nameImages(directory, [named(other.top, '2')]);
    expect(await files(at)).toEqual({ '/which': 'two' });
  });

  it('out of platforms that index.json itself names', async () => {
    const { directory, top } = await layout(image('one'), image('two', platforms[1]));
    const { manifests } = JSON.parse(await readFile(blobFile(directory, top.digest), 'utf8')) as {
      manifests: object[];
    };
    await nameImages(directory, manifests);
    expect(await files(`oci-layout://${directory}`, { platform: platforms[1]! })).toEqual({ '/which': 'two' });
  });

  it('as a named context, from where one stands', async () => {
    const { directory } = await layout(image('one'));
    await using bench = await tryPlugin(ociLayout());
    await symlink(directory, join(bench.world.cwd, 'base'));
    const contexts = [{ name: 'base', kind: 'location' as const, location: 'oci-layout://base' }];
    const built = await bench.build({ '/Dockerfile': 'FROM base\nCOPY --from=base which /copy\n' }, { contexts });
    expect(built.files).toEqual({ '/which': 'one', '/copy': 'one' });
  });
});

async function spoilLastByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(file, bytes);
}

describe('what is no layout, or a damaged one', () => {
  it.each([
    ['oci-layout://', 'LOCATION'],
    ['oci-layout:///nowhere@sha256:12', 'LOCATION'],
    ['oci-layout:///nowhere', 'NOT_A_LAYOUT'],
    ['oci-layout:///dev/null', 'NOT_A_LAYOUT'],
  ])('%s', async (location, code) => {
    await expect(files(location)).rejects.toMatchObject({ code: `oci-layout/${code}`, exit: 2 });
  });

  it('an index that is none', async () => {
    const { directory } = await layout(image('one'));
    await writeFile(join(directory, 'index.json'), '{"schemaVersion":2,"manifests":[{}]}');
    await expect(files(`oci-layout://${directory}`)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });

  it.each([
    ['a manifest that is gone', 'oci-layout/DAMAGED', (file: string) => rm(file)],
    ['a manifest of other bytes', 'oci-layout/DAMAGED', (file: string) => writeFile(file, '{}')],
    ['a manifest that is far too long', 'oci-layout/DAMAGED', (file: string) => truncate(file, 9 << 20)],
  ])('%s', async (_, code, damage) => {
    const { directory, top } = await layout(image('one'));
    await damage(blobFile(directory, top.digest));
    await expect(files(`oci-layout://${directory}`)).rejects.toMatchObject({ code, exit: 1 });
  });

  it.each([
    ['a layer that is gone', 'oci-layout/DAMAGED', (file: string) => rm(file)],
    ['a layer of other bytes', 'DIGEST_MISMATCH', spoilLastByte],
  ])('%s', async (_, code, damage) => {
    const { directory, top } = await layout(image('one'));
    const { layers } = JSON.parse(await readFile(blobFile(directory, top.digest), 'utf8')) as {
      layers: { digest: string }[];
    };
    await damage(blobFile(directory, layers[0]!.digest));
    await expect(files(`oci-layout://${directory}`)).rejects.toMatchObject({ code });
  });
});
