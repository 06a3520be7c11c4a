import type { Entry, FileEntry, PackEntry } from '../archive/entry.ts';
import type { CopyAction } from '../contract/model.ts';
import { parseChmod } from '../dockerfile/chmod.ts';
import { ownerOf, type Accounts } from './accounts.ts';
import { openContent } from './content.ts';
import { copyPlanner, type CopyOptions } from './copy-plan.ts';
import { copyMerge } from './copy-merge.ts';
import { emptyView, type MergedView } from './merged-view.ts';
import type { SelectedItem, Selection } from './select-sources.ts';
import { madeDirectory } from './made.ts';
import { isArchive, scanArchive } from './unpacked-archive.ts';
import { archiveFiles } from './archive-files.ts';

/**
 * The layer of a COPY or ADD: what is copied, the directories made for it, and the directories that were there on the
 * way, as they were, since some unpackers would make them anew with modes of their own. Each path comes once, directories
 * before what is in them; the content of an entry must be read before the next entry is asked for.
 *
 * `onto` is the image so far; `accounts` are its own also with `--link`, where nothing else of it counts.
 */
export function composeCopy(
  action: CopyAction,
  selection: Selection,
  onto: MergedView,
  accounts: Accounts,
): Iterable<PackEntry> | AsyncIterable<PackEntry> {
  const base = action.link ? emptyView() : onto;
  const options = optionsOf(action, accounts);
  if (action.unpack) return unpacking(action, selection, base, options);
  const planner = copyPlanner(action, options, base);
  for (const item of selection.items) planner.place(item);
  return copyMerge(planner.plan, options, base).entries();
}

function optionsOf(action: CopyAction, accounts: Accounts): CopyOptions {
  const changeMode = action.mode === undefined ? (mode: number) => mode : parseChmod(action.mode);
  // A symbolic mode says how to change what is there; what is made for it stays as it is made (tonistiigi/fsutil copy).
  const isOctal = action.mode !== undefined && /^\d/.test(action.mode);
  const modes = { changeMode, madeMode: isOctal ? changeMode(madeDirectory, true) : madeDirectory };
  return action.owner === undefined ? modes : { ...modes, owner: ownerOf(action.owner, accounts) };
}

async function* unpacking(
  action: CopyAction,
  selection: Selection,
  base: MergedView,
  options: CopyOptions,
): AsyncIterable<PackEntry> {
  const planner = copyPlanner(action, options, base);
  for (const item of selection.items) {
    if (!(await isUnpacked(item))) {
      planner.place(item);
      continue;
    }
    const target = planner.archiveTarget(item);
    const { size } = item.entry as FileEntry;
    planner.placeArchive(item, target, await scanArchive(bytesOf(item), size, target, planner.lookup));
  }
  const merge = copyMerge(planner.plan, options, base);
  yield* merge.entries();
  // Their content comes in the order of the archives, after everything that has none.
  for (const { placement, files } of merge.fromArchives()) {
    yield* archiveFiles(bytesOf(placement.item), files);
    confirm(placement.item);
  }
}

const bytesOf = ({ from, entry }: SelectedItem) => openContent(from.content(entry as FileEntry));

/** Inline files are what they are. */
const isUnpacked = async (item: SelectedItem): Promise<boolean> =>
  item.pattern !== undefined && isFile(item.entry) && (await isArchive(bytesOf(item)));

const isFile = (entry: Entry): entry is FileEntry => entry.type === 'file';

const confirm = ({ from, entry }: SelectedItem): void => {
  if (isFile(entry)) from.confirm?.(entry);
};
