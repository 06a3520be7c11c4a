/** Base images for tests, made once per machine; see cache.ts. Change a version with its recipe. */
import { join } from 'node:path';
import { cachedBase, openBase, type BaseImage } from './bases/base-image.ts';
import { busyboxImage } from './bases/busybox.ts';
import { debianImage } from './bases/debian.ts';
import { hostileImages } from './bases/hostile.ts';
import { javaImage } from './bases/java.ts';
import { writeLarge } from './bases/large.ts';
import { oddImages } from './bases/odd.ts';
import { cachedDirectory } from './cache.ts';
import { debianRelease } from './debian-archive.ts';
import { writeLayout, type ImageInput } from './oci-layout.ts';
import { mkdir, readdir } from 'node:fs/promises';

/** busybox for one platform, one layer of about a megabyte: sh and all applets, root, app (1000), nobody. */
export async function busyboxBase(architecture: 'amd64' | 'arm64' = 'amd64'): Promise<BaseImage> {
  return cachedBase(architecture === 'amd64' ? 'busybox' : 'busybox-arm64', '2', async () => [
    await busyboxImage(architecture),
  ]);
}

/** busybox for linux/amd64 and linux/arm64 under one index. */
export async function busyboxMultiBase(): Promise<BaseImage> {
  return cachedBase('busybox-multi', '2', async () => [await busyboxImage('amd64'), await busyboxImage('arm64')]);
}

/** Debian of this machine's release in one layer of about 45 MB; `apt-get update && apt-get install` works in it. */
export async function debianBase(): Promise<BaseImage> {
  const { codename } = await debianRelease();
  return cachedBase('debian', `${codename}-3`, async () => [await debianImage(codename)]);
}

/** busybox with a Java runtime, its compiler and `jar`, made of this machine's JDK. */
export async function javaBase(): Promise<BaseImage> {
  const { codename } = await debianRelease();
  return cachedBase('java', `${codename}-1`, async () => [await javaImage()]);
}

/** Debian with compilers and interpreters in four more layers: for benchmarks. */
export async function largeBase(): Promise<BaseImage> {
  const { codename } = await debianRelease();
  const directory = await cachedDirectory(`base-large-${codename}-2`, async (draft) =>
    writeLarge(draft, await debianBase()),
  );
  return openBase('large', directory);
}

/** Images that try to reach out of their root (see bases/hostile.ts), by name. */
export async function hostileBases(): Promise<ReadonlyMap<string, BaseImage>> {
  return cachedFamily('hostile', '2', hostileImages);
}

/** Images with rare but allowed content (see bases/odd.ts), by name. */
export async function oddBases(): Promise<ReadonlyMap<string, BaseImage>> {
  return cachedFamily('odd', '2', oddImages);
}

async function cachedFamily(
  name: string,
  version: string,
  make: () => Promise<ReadonlyMap<string, ImageInput>>,
): Promise<ReadonlyMap<string, BaseImage>> {
  const directory = await cachedDirectory(`bases-${name}-${version}`, async (draft) => {
    for (const [member, image] of await make()) {
      await mkdir(join(draft, member));
      await writeLayout(join(draft, member), [image]);
    }
  });
  const family = new Map<string, BaseImage>();
  for (const member of (await readdir(directory)).sort())
    family.set(member, await openBase(member, join(directory, member)));
  return family;
}
