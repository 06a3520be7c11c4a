import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import {
  decompressed,
  mergedView,
  tarEntries,
  toBuffer,
  type Entry,
  type ImagePath,
  type Layer,
  type MergedView,
  type PackEntry,
  type Surroundings,
} from '../../core/index.ts';

/**
 * Writes what is visible of a stack of layers below `dest`. Directories come first, from the indexes; then each layer
 * streams by once and gives the files that no layer above hides. Nothing of the tree is reached through a link: every
 * component above a file was made here as a directory.
 */
export async function writeTree(dest: string, layers: readonly Layer[], workshop: Surroundings): Promise<void> {
  const view = mergedView(await Promise.all(layers.map((layer) => workshop.blobs.index(layer))));
  const root = Buffer.from(dest);
  mkdirSync(root, { recursive: true });
  const directories = makeDirectories(root, view);
  const links = hardLinks(view);
  for (const [at, layer] of layers.entries()) {
    const namesOf = (path: ImagePath): ImagePath[] => [
      ...(view.layerOf(path)?.layer === at ? [path] : []),
      ...(links.get(`${at} ${path}`) ?? []),
    ];
    await writeLayer(root, layer, { view, namesOf }, workshop);
  }
  for (const [path, entry] of directories.reverse()) {
    chmodSync(below(root, path), entry.mode & 0o777);
    utimesSync(below(root, path), entry.mtime, entry.mtime);
  }
}

const below = (root: Buffer, path: ImagePath): Buffer => Buffer.concat([root, toBuffer(path)]);

function makeDirectories(root: Buffer, view: MergedView): [ImagePath, Entry][] {
  const made: [ImagePath, Entry][] = [];
  for (const entry of view.walk()) {
    if (entry.type !== 'directory') continue;
    const path = below(root, entry.path);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there && !there.isDirectory()) rmSync(path, { force: true });
    if (!there?.isDirectory()) mkdirSync(path, { mode: 0o700 });
    else chmodSync(path, 0o700);
    made.push([entry.path, entry]);
  }
  return made;
}

/** Further names of files by layer and first name, which may itself be hidden by a layer above. */
function hardLinks(view: MergedView): ReadonlyMap<string, readonly ImagePath[]> {
  const links = new Map<string, ImagePath[]>();
  for (const { path, type } of view.walk()) {
    const place = type === 'file' ? view.layerOf(path) : undefined;
    if (!place || place.path === path) continue;
    const key = `${place.layer} ${place.path}`;
    links.set(key, [...(links.get(key) ?? []), path]);
  }
  return links;
}

interface Shown {
  readonly view: MergedView;
  /** Where a file of the layer is to be seen. */
  namesOf(path: ImagePath): readonly ImagePath[];
}

async function writeLayer(root: Buffer, layer: Layer, { view, namesOf }: Shown, workshop: Surroundings): Promise<void> {
  for await (const entry of tarEntries(decompressed(workshop.blobs.open(layer)), { layer: true })) {
    if (entry.type === 'symlink') {
      // Of several layers with a link here the uppermost comes last.
      if (view.lookup(entry.path)?.type !== 'symlink') continue;
      const path = cleared(root, entry.path);
      symlinkSync(toBuffer(entry.target), path);
      lutimesSync(path, entry.mtime, entry.mtime);
    } else if (entry.type === 'file') {
      const [first, ...others] = namesOf(entry.path);
      if (first === undefined) continue;
      await writeFile(cleared(root, first), entry);
      for (const other of others) linkSync(below(root, first), cleared(root, other));
    }
  }
}

function cleared(root: Buffer, path: ImagePath): Buffer {
  const place = below(root, path);
  rmSync(place, { force: true, recursive: true });
  return place;
}

async function writeFile(path: Buffer, entry: PackEntry & { readonly type: 'file' }): Promise<void> {
  const fd = openSync(path, 'wx', 0o600);
  try {
    if (entry.content.from === 'stream') for await (const chunk of entry.content.open()) writeSync(fd, chunk);
  } finally {
    closeSync(fd);
  }
  chmodSync(path, entry.mode & 0o777);
  utimesSync(path, entry.mtime, entry.mtime);
}
