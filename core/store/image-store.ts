import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/canonical-json.ts';
import type { ImageStore } from '../contract/store.ts';
import type { Descriptor } from '../oci/image.ts';
import { sealed, unsealed } from './sealed-json.ts';
import { onDiskNow } from './store-faults.ts';
import { namesIn } from './temp-files.ts';
import { fileNameFor, readWhole, writeWhole, type StoreFiles } from './whole-files.ts';

interface Named {
  readonly name: string;
  readonly manifest: Descriptor;
}

/** Names of images: the one part of a store whose loss would lose something, so it is synced to the disk. */
export function imageStore(files: StoreFiles): ImageStore {
  const directory = join(files.root, 'images');
  const path = (name: string): string => join(directory, fileNameFor(name));
  const read = (file: string): Named | undefined => unsealed(readWhole(file)) as Named | undefined;
  return {
    get: async (name) => read(path(name))?.manifest,
    async put(name, manifest) {
      writeWhole(files, path(name), sealed({ name, manifest } as unknown as Json), true);
    },
    async remove(name) {
      onDiskNow(path(name), () => rmSync(path(name), { force: true }));
    },
    async list() {
      const all = namesIn(directory).flatMap((file) => {
        const named = read(join(directory, file));
        return named ? [{ ...named, at: statSync(join(directory, file)).mtime }] : [];
      });
      return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
