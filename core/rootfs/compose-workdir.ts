import type { ImagePath } from '../base/brand.ts';
import { toUtf8 } from '../base/bytes.ts';
import { BuildError, problem } from '../base/errors.ts';
import { ancestorsOf, rootPath } from '../base/image-path.ts';
import type { PackEntry } from '../archive/entry.ts';
import { ownerOf, type Accounts, type Owner } from './accounts.ts';
import { madeAt, madeDirectory } from './made.ts';
import type { MergedView } from './merged-view.ts';

/**
 * The layer of a WORKDIR: the directories that are missing, owned by the USER so far, and those on the way as they are.
 * Empty where the directory is there; it keeps its owner and mode.
 */
export function composeWorkdir(path: ImagePath, owner: string, onto: MergedView, accounts: Accounts): PackEntry[] {
  const { path: target } = onto.resolve(path);
  const all = target === rootPath ? [] : [...ancestorsOf(target), target];
  const missing = all.filter((directory) => {
    const there = onto.lookup(directory);
    if (there && there.type !== 'directory') throw clash(path, directory, there.type);
    return !there;
  });
  if (missing.length === 0) return [];
  const { uid, gid } = makerOf(owner, accounts);
  return all.map((directory) => {
    const there = onto.lookup(directory);
    return there
      ? ({ ...there, path: directory } as PackEntry)
      : { type: 'directory', path: directory, mode: madeDirectory, uid, gid, mtime: madeAt };
  });
}

/** A USER that nobody knows owns nothing: BuildKit makes the directory root's, and it is a RUN that fails. */
function makerOf(owner: string, accounts: Accounts): Owner {
  if (owner === '') return { uid: 0, gid: 0 };
  try {
    return ownerOf(owner, accounts);
  } catch (error) {
    if (BuildError.is(error) && error.code === 'OWNER_UNKNOWN') return { uid: 0, gid: 0 };
    throw error;
  }
}

const clash = (path: ImagePath, at: ImagePath, there: string) =>
  problem('COPY_DESTINATION_CLASH', {
    source: `WORKDIR ${toUtf8(path)}`,
    destination: toUtf8(at),
    there,
    wanted: 'directory',
  });
