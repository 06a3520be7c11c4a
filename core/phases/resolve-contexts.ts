import { join } from 'node:path';
import { hostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import { mapPool } from '../base/pool.ts';
import { callMoment } from '../contract/install.ts';
import type { BuildContext, ContextId, ContextPlace, ImageRequest } from '../contract/model.ts';
import type { ContextRequest } from '../contract/offers.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import { openFileHashes } from '../rootfs/file-hashes.ts';
import type { XattrsOf } from '../rootfs/host-entries.ts';
import { hostTree } from '../rootfs/host-tree.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import { mainPlace, placeKey, shownLocation, splitLocation } from './context-location.ts';
import { narrowContext } from './narrow-context.ts';
import { openContextXattrs } from './context-xattrs.ts';

/** The contexts of a build: main ones are open, named ones open when a stage that is needed reads them. */
export interface OpenContexts extends AsyncDisposable {
  open(place: ContextPlace, name: string): Promise<BuildContext>;
  /** The same files under the same ignore rules have the same id, whoever asks. */
  register(place: ContextPlace, name: string, ignore: IgnoreMatcher | undefined, ignoreText: string): ContextId;
  tree(id: ContextId): Promise<SourceTree>;
}

interface Registered {
  readonly place: ContextPlace;
  readonly name: string;
  readonly ignore: IgnoreMatcher | undefined;
}

export async function resolveContexts(requests: readonly ImageRequest[], workshop: Workshop): Promise<OpenContexts> {
  const opened = new Map<string, Promise<BuildContext>>();
  const registered = new Map<ContextId, Registered>();
  const hashes = openFileHashes({
    file: hostPath(join(workshop.store.root, 'context-hashes')),
    now: () => workshop.world.now().getTime(),
  });

  let attributes: Promise<XattrsOf | undefined> | undefined;

  const open = (place: ContextPlace, name: string): Promise<BuildContext> => {
    const key = placeKey(place);
    const known = opened.get(key);
    if (known) return known;
    const opening = openContext(place, name, workshop);
    opened.set(key, opening);
    return opening;
  };

  const contexts: OpenContexts = {
    open,
    register(place, name, ignore, ignoreText) {
      // The id is part of plans, which are printed: a password in a location is not for them.
      const id = `${placeKey({ ...place, location: shownLocation(place.location) })} ${ignoreText}` as ContextId;
      if (!registered.has(id)) registered.set(id, { place, name, ignore });
      return id;
    },
    async tree(id) {
      const { place, name, ignore } = registered.get(id)!;
      const context = await open(place, name);
      const xattrsOf = await (attributes ??= openContextXattrs());
      const common = { root: context.root, label: context.label, hashes };
      return hostTree({ ...common, ...(ignore && { ignore }), ...(xattrsOf && { xattrsOf }) });
    },
    async [Symbol.asyncDispose]() {
      await hashes.save();
      for (const context of await Promise.allSettled(opened.values())) {
        if (context.status === 'fulfilled') await context.value[Symbol.asyncDispose]();
      }
    },
  };
  try {
    const places = new Map(requests.map(mainPlace).map((place) => [placeKey(place), place]));
    await mapPool([...places.values()], 4, (place) => open(place, 'context'));
  } catch (error) {
    await contexts[Symbol.asyncDispose]();
    throw error;
  }
  return contexts;
}

async function openContext(place: ContextPlace, name: string, workshop: Workshop): Promise<BuildContext> {
  const { world, offers, hooks, store } = workshop;
  const { location, scheme, subdirectory: written } = splitLocation(place.location);
  const subdirectory = [written, place.subdirectory].filter(Boolean).join('/');
  const request: ContextRequest = {
    location,
    scheme,
    ...(subdirectory !== '' && { subdirectory }),
    ...(place.options && { options: place.options }),
    kept: store.trees,
  };
  const source = offers.contexts.find((offer) => offer.schemes.includes(scheme) && (offer.takes?.(request) ?? true));
  if (!source) {
    const known = [...new Set(offers.contexts.flatMap((offer) => offer.schemes))];
    throw problem('CONTEXT_SCHEME_UNKNOWN', { scheme, known });
  }
  const context = await narrowContext(await source.open(request, world), subdirectory);
  await callMoment(hooks.contextReady, { context, name }, { world });
  return context;
}
