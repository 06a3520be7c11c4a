import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { problem } from '../base/errors.ts';
import type { IsolationTraits } from '../contract/isolation.ts';
import type { LaunchPlaces, LaunchRights } from '../isolation/overlay/launch.ts';
import { overlayMarks } from '../isolation/overlay/marks.ts';
import { findProgram } from '../isolation/overlay/programs.ts';
import { stepRunner } from '../isolation/overlay/step-runner.ts';
import { openStore } from '../store/open-store.ts';
import { mountFlag } from '../sys/mounts.ts';
import type { Sys } from '../sys/sys.ts';
import { openFlavour } from './flavour.ts';
import { folderMounts } from './folder-view.ts';
import { layerShelf } from './layer-shelf.ts';
import { localIsolation, type LocalIsolation } from './local-isolation.ts';
import type { WorkerSettings } from './protocol.ts';
import { unpackPool } from './unpack-pool.ts';
import { workArea, type WorkArea } from './work-area.ts';

/** What a thread of the worker is for, and what it needs to know. */
export type ThreadRole =
  | { readonly role: 'launch'; readonly places: LaunchPlaces; readonly rights: LaunchRights }
  | { readonly role: 'unpack' };

export interface WorkerParts {
  readonly sys: Sys;
  /** Where programs of the system are looked for. */
  readonly path: string;
  readonly startThread: (role: ThreadRole) => Worker;
}

/** Everything the worker has, put together once it is alone in its namespaces. */
export async function setUpIsolation(settings: WorkerSettings, parts: WorkerParts): Promise<LocalIsolation> {
  const { sys, path, startThread } = parts;
  const store = await openStore(settings.store);
  const { directory, bookkeeping } = openFlavour(settings.store, settings.rank);
  const area = workArea(directory, Date.now());
  const singleId = settings.rank === 'single';
  const places = makePlaces(area);
  const rights: LaunchRights = { bookkeeping, freshProc: settings.freshProc, singleId };
  const unpacking = unpackPool(() => startThread({ role: 'unpack' }));
  const programs = { shell: seenReadOnly('sh', area, parts), copier: seenReadOnly('cat', area, parts) };
  const runner = stepRunner({
    holder: { path, ...programs, ...(settings.freshProc && { proc: places.proc }) },
    startThread: () => startThread({ role: 'launch', places, rights }),
  });
  const traits: IsolationTraits = { runs: true, exclusive: false, exact: !singleId };
  return localIsolation({
    store,
    shelf: layerShelf(directory, area.discard),
    area,
    unpacking,
    runner,
    bookkeeping,
    owners: !singleId,
    views: folderMounts(sys, bookkeeping),
    files: { calls: sys, marks: overlayMarks(sys, bookkeeping), owners: !singleId },
    traits,
    release: () => Object.values(programs).forEach((place) => sys.mounts.detach(place)),
  });
}

function makePlaces({ root }: WorkArea): LaunchPlaces {
  const places = { root: join(root, 'root'), proc: join(root, 'proc'), box: join(root, 'box') };
  for (const place of Object.values(places)) mkdirSync(place);
  return places;
}

/**
 * A program of the machine, on a mount that cannot be written through: steps find it as /proc/1/exe and must not be able
 * to change it for everybody.
 */
function seenReadOnly(name: string, { root }: WorkArea, { sys, path }: WorkerParts): string {
  const program = findProgram(name, path);
  if (program === undefined) throw problem('STEP_TREE_UNUSABLE', { reason: `there is no program "${name}"` });
  const place = join(root, name);
  closeSync(openSync(place, 'wx', 0o755));
  sys.mounts.bind(program, place);
  sys.mounts.restrict(place, mountFlag.readOnly | mountFlag.noSuid | mountFlag.noDevices);
  return place;
}
