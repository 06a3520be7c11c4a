/** A base image: an OCI layout in the cache, with a way into a registry. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedDirectory } from '../cache.ts';
import { writeLayout, type ImageInput } from '../oci-layout.ts';
import type { Descriptor, Index } from '../oci-types.ts';
import { pushLayout, type Pushed, type PushTarget } from '../push.ts';

export interface BaseImage {
  /** For example `busybox`. */
  readonly name: string;
  /** An OCI layout; the image in it is named `latest`. */
  readonly directory: string;
  /** Of its manifest, or of its index where it has several platforms. */
  readonly descriptor: Descriptor;
  /** Uploads it as `name` (`base/NAME` if not said), past the registry's record; `name` may carry a tag. */
  pushTo(registry: PushTarget, name?: string): Promise<Pushed>;
}

/** A base from the cache, made by `make` when it is not there. Change the version with the recipe. */
export async function cachedBase(
  name: string,
  version: string,
  make: () => Promise<readonly ImageInput[]>,
): Promise<BaseImage> {
  const directory = await cachedDirectory(
    `base-${name}-${version}`,
    async (draft) => void (await writeLayout(draft, await make())),
  );
  return openBase(name, directory);
}

/** A base of a test's own, written into an empty directory. */
export async function customBase(directory: string, name: string, images: readonly ImageInput[]): Promise<BaseImage> {
  await writeLayout(directory, images);
  return openBase(name, directory);
}

/** The base in a layout that is already there. */
export async function openBase(name: string, directory: string): Promise<BaseImage> {
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as Index;
  return {
    name,
    directory,
    descriptor: index.manifests[0]!,
    pushTo: (registry, as = `base/${name}`) => pushLayout(directory, registry, as),
  };
}
