import { join } from 'node:path';
import { hostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import { mapPool } from '../base/pool.ts';
import { callMoment } from '../contract/install.ts';
import type { BuildContext, ContextId, ContextPlace, ImageRequest } from '../contract/model.ts';
import type { ContextRequest } from '../contract/offers.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import { openFileHashes, type FileHashes } from '../rootfs/file-hashes.ts';
import type { XattrsOf } from '../rootfs/host-entries.ts';
import { hostTree } from '../rootfs/host-tree.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import type { TreeOverlay } from '../rootfs/tree-places.ts';
import type { PrehookGround } from '../prehooks/ground.ts';
import { runPrehooks, type PrehookOverlays } from '../prehooks/run-prehooks.ts';
import { mainPlace, placeKey, shownLocation, splitLocation } from './context-location.ts';
import { narrowContext } from './narrow-context.ts';
import { openContextXattrs } from './context-xattrs.ts';
import { writableCopy } from './writable-copy.ts';

/** The contexts of a build: main ones are open, named ones open when a stage that is needed reads them. */
export interface OpenContexts extends AsyncDisposable {
  open(place: ContextPlace, name: string): Promise<BuildContext>;
  /** The same files under the same ignore rules have the same id, whoever asks. */
  register(view: ContextView): ContextId;
  /** What prehooks of the image add to its main context. */
  overlays(image: string): readonly TreeOverlay[];
  tree(id: ContextId): Promise<SourceTree>;
}

/** A context as one image sees it. */
export interface ContextView {
  readonly place: ContextPlace;
  readonly name: string;
  readonly ignore?: { readonly matcher: IgnoreMatcher; readonly text: string } | undefined;
  readonly overlays?: readonly TreeOverlay[];
}

export interface ResolveOptions {
  /** Nothing is to be carried out: prehooks do not run. */
  readonly planOnly?: boolean;
}

/** Opens the main contexts and carries out what is to be done before they are read. */
export async function resolveContexts(
  requests: readonly ImageRequest[],
  workshop: Workshop,
  { planOnly = false }: ResolveOptions = {},
): Promise<OpenContexts> {
  const opened = new Map<string, Promise<BuildContext>>();
  const registered = new Map<ContextId, ContextView>();
  let laid: PrehookOverlays = new Map();
  const hashes = openFileHashes({
    file: hostPath(join(workshop.store.root, 'context-hashes')),
    now: () => workshop.world.now().getTime(),
  });

  let attributes: Promise<XattrsOf | undefined> | undefined;

  const open = openOnce(opened, workshop);
  const announce = (context: BuildContext, name: string): Promise<void> =>
    callMoment(workshop.hooks.contextReady, { context, name }, { world: workshop.world });

  const contexts: OpenContexts = {
    async open(place, name) {
      const isNew = !opened.has(placeKey(place));
      const context = await open(place);
      if (isNew) await announce(context, name);
      return context;
    },
    overlays: (image) => laid.get(image) ?? [],
    register(view) {
      const { place, ignore, overlays = [] } = view;
      // The id is part of plans, which are printed: a password in a location is not for them.
      const where = placeKey({ ...place, location: shownLocation(place.location) });
      const id = [`${where} ${ignore?.text ?? ''}`, ...overlays.map((one) => one.id)].join('\n') as ContextId;
      if (!registered.has(id)) registered.set(id, view);
      return id;
    },
    async tree(id) {
      const view = registered.get(id)!;
      const context = await contexts.open(view.place, view.name);
      return viewTree(view, context, hashes, await (attributes ??= openContextXattrs()));
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
    await mapPool([...places.values()], 4, open);
    if (!planOnly) laid = await runPrehooks(requests, prehookGround(opened, open, hashes, workshop));
    for (const place of places.values()) await announce(await open(place), 'context');
  } catch (error) {
    await contexts[Symbol.asyncDispose]();
    throw error;
  }
  return contexts;
}

function openOnce(opened: Map<string, Promise<BuildContext>>, workshop: Workshop) {
  return (place: ContextPlace): Promise<BuildContext> => {
    const key = placeKey(place);
    const known = opened.get(key);
    if (known) return known;
    const opening = openContext(place, workshop);
    opened.set(key, opening);
    return opening;
  };
}

function viewTree(
  { ignore, overlays }: ContextView,
  { root, label }: BuildContext,
  hashes: FileHashes,
  xattrsOf: XattrsOf | undefined,
): SourceTree {
  return hostTree({
    root,
    label,
    hashes,
    ...(overlays && { overlays }),
    ...(ignore && { ignore: ignore.matcher }),
    ...(xattrsOf && { xattrsOf }),
  });
}

function prehookGround(
  opened: Map<string, Promise<BuildContext>>,
  open: (place: ContextPlace) => Promise<BuildContext>,
  hashes: FileHashes,
  workshop: Workshop,
): PrehookGround {
  const copied = new Set<string>();
  const context = (request: ImageRequest): Promise<BuildContext> => open(mainPlace(request));
  return {
    workshop,
    hashes,
    context,
    async makeWritable(request) {
      const key = placeKey(mainPlace(request));
      if (copied.has(key)) return;
      copied.add(key);
      opened.set(key, Promise.resolve(await writableCopy(await context(request), workshop.world)));
    },
  };
}

async function openContext(place: ContextPlace, workshop: Workshop): Promise<BuildContext> {
  const { world, offers, store } = workshop;
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
  return narrowContext(await source.open(request, world), subdirectory);
}
