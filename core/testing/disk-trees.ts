import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { toUtf8 } from '../base/bytes.ts';
import { ancestorsOf } from '../base/image-path.ts';
import { bytesOf, contentOf, treeNodes, type Tree, type TreeNode } from './trees.ts';

/**
 * Writes a tree below a directory, as the user who runs the tests: owners are left out. Modes are as given, whatever
 * the umask, and times are 0: the same tree is the same whenever it is written.
 */
export function writeTree(directory: string, tree: Tree): void {
  const nodes = treeNodes(tree);
  for (const [path, node] of nodes) {
    const place = join(directory, toUtf8(path));
    mkdirSync(dirname(place), { recursive: true });
    if ('directory' in node) {
      mkdirSync(place, { recursive: true });
      chmodSync(place, node.mode ?? 0o755);
    } else if ('link' in node) symlinkSync(node.link, place);
    else if ('file' in node) {
      writeFileSync(place, bytesOf(node.file));
      chmodSync(place, node.mode ?? 0o644);
    }
  }
  // Hard links come when all files are there.
  for (const [path, node] of nodes)
    if ('hardlink' in node) linkSync(join(directory, node.hardlink), join(directory, toUtf8(path)));
  const paths = new Set(nodes.flatMap(([path]) => [path, ...ancestorsOf(path)]).map(toUtf8));
  for (const path of paths) if (path !== '/') lutimesSync(join(directory, path), 0, 0);
}

/** The files below a directory as a literal. Owners are left out: they are those of whoever wrote the files. */
export function readTree(directory: string): Tree {
  const tree: Record<string, TreeNode> = {};
  const visit = (place: string, path: string): void => {
    for (const name of readdirSync(place).sort()) {
      const node = nodeAt(join(place, name));
      if (node !== undefined) tree[`${path}/${name}`] = node;
      if (lstatSync(join(place, name)).isDirectory()) visit(join(place, name), `${path}/${name}`);
    }
  };
  visit(directory, '');
  return tree;
}

function nodeAt(place: string): TreeNode | undefined {
  const stats = lstatSync(place);
  const mode = stats.mode & 0o7777;
  if (stats.isSymbolicLink()) return { link: readlinkSync(place) };
  if (stats.isDirectory()) {
    const special = mode === 0o755 ? {} : { mode };
    return readdirSync(place).length === 0 || mode !== 0o755 ? { directory: true, ...special } : undefined;
  }
  if (!stats.isFile()) return { other: stats.isFIFO() ? 'fifo' : stats.isBlockDevice() ? 'block' : 'char' };
  const content = contentOf(readFileSync(place));
  return mode === 0o644 ? content : { file: content, mode };
}
