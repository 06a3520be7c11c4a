import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hostPath, type DiffId, type HostPath, type ImagePath } from '../base/brand.ts';
import { hexOf } from '../base/digest.ts';
import { codeOf } from '../sys/sys-error.ts';

/** A layer as a directory: what it holds, nobody changes any more. */
export interface ShelvedLayer {
  readonly directory: HostPath;
  /** Directories whose looks are those of the layers below. */
  readonly implied: readonly ImagePath[];
}

/**
 * Unpacked layers of one flavour: below it lie directories with short names, since the names of all layers of an image
 * go into one mount, and `by-diff` with a link for each diff id. What is not linked is not there.
 */
export interface LayerShelf {
  find(diffId: DiffId): ShelvedLayer | undefined;
  /** Takes a finished directory in; the one that is there already wins, and the other is discarded. */
  adopt(directory: HostPath, diffId: DiffId, implied: readonly ImagePath[]): ShelvedLayer;
  /** Discards all other layers, and what was never linked; where they lie then. */
  keepOnly(isKept: (diffId: DiffId) => boolean): readonly HostPath[];
}

const directoryName = /^[0-9a-f]{10}$/;
/** Milliseconds in which a directory that was moved here gets its link. */
const underway = 60_000;

export function layerShelf(root: HostPath, discard: (directory: string) => HostPath): LayerShelf {
  const links = join(root, 'by-diff');
  mkdirSync(links, { recursive: true });
  const notes = (directory: string): string => `${directory}.implied`;

  const find = (diffId: DiffId): ShelvedLayer | undefined => {
    try {
      const directory = hostPath(join(root, readlinkSync(join(links, hexOf(diffId)))));
      return { directory, implied: JSON.parse(readFileSync(notes(directory), 'latin1')) as ImagePath[] };
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  };

  const remove = (directory: HostPath): HostPath => {
    rmSync(notes(directory), { force: true });
    return discard(directory);
  };

  const adopt = (directory: HostPath, diffId: DiffId, implied: readonly ImagePath[]): ShelvedLayer => {
    const name = randomBytes(5).toString('hex');
    const final = hostPath(join(root, name));
    const link = join(links, hexOf(diffId));
    writeFileSync(notes(final), JSON.stringify(implied), 'latin1');
    renameSync(directory, final);
    for (;;) {
      try {
        symlinkSync(name, link);
        return { directory: final, implied };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        const there = find(diffId);
        if (there) {
          remove(final);
          return there;
        }
        rmSync(link, { force: true });
      }
    }
  };

  const isUnderway = (name: string): boolean => {
    const noted = statSync(notes(join(root, name)), { throwIfNoEntry: false });
    return noted !== undefined && Date.now() - noted.mtimeMs < underway;
  };

  const keepOnly = (isKept: (diffId: DiffId) => boolean): HostPath[] => {
    const linked = new Map(readdirSync(links).map((hex) => [readlinkSync(join(links, hex)), hex]));
    const removed: HostPath[] = [];
    for (const name of readdirSync(root).filter((one) => directoryName.test(one))) {
      const hex = linked.get(name);
      if (hex === undefined ? isUnderway(name) : isKept(`sha256:${hex}` as DiffId)) continue;
      if (hex !== undefined) rmSync(join(links, hex), { force: true });
      removed.push(remove(hostPath(join(root, name))));
    }
    return removed;
  };
  return { find, adopt, keepOnly };
}
