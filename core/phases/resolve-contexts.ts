import { join } from 'node:path';
import { hostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import { mapPool } from '../base/pool.ts';
import { callMoment } from '../contract/install.ts';
import type { BuildContext, ContextId, ImageRequest } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import type { IgnoreMatcher } from '../dockerfile/ignore.ts';
import { openFileHashes } from '../rootfs/file-hashes.ts';
import type { XattrsOf } from '../rootfs/host-entries.ts';
import { hostTree } from '../rootfs/host-tree.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import { splitLocation } from './context-location.ts';
import { openContextXattrs } from './context-xattrs.ts';

/** The contexts of a build: main ones are open, named ones open when a stage that is needed reads them. */
export interface OpenContexts extends AsyncDisposable {
  open(location: string, name: string): Promise<BuildContext>;
  /** The same files under the same ignore rules have the same id, whoever asks. */
  register(location: string, name: string, ignore: IgnoreMatcher | undefined, ignoreText: string): ContextId;
  tree(id: ContextId): Promise<SourceTree>;
}

interface Registered {
  readonly location: string;
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

  const open = (location: string, name: string): Promise<BuildContext> => {
    const known = opened.get(location);
    if (known) return known;
    const opening = openContext(location, name, workshop);
    opened.set(location, opening);
    return opening;
  };

  const contexts: OpenContexts = {
    open,
    register(location, name, ignore, ignoreText) {
      const id = `${location} ${ignoreText}` as ContextId;
      if (!registered.has(id)) registered.set(id, { location, name, ignore });
      return id;
    },
    async tree(id) {
      const { location, name, ignore } = registered.get(id)!;
      const context = await open(location, name);
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
    await mapPool([...new Set(requests.map((request) => request.context))], 4, (location) => open(location, 'context'));
  } catch (error) {
    await contexts[Symbol.asyncDispose]();
    throw error;
  }
  return contexts;
}

async function openContext(location: string, name: string, workshop: Workshop): Promise<BuildContext> {
  const { world, offers, hooks } = workshop;
  const { scheme, subdirectory } = splitLocation(location);
  const source = offers.contexts.find((offer) => offer.schemes.includes(scheme));
  if (!source)
    throw problem('CONTEXT_SCHEME_UNKNOWN', { scheme, known: offers.contexts.flatMap((offer) => offer.schemes) });
  const context = await source.open(
    { location, scheme, ...(subdirectory === undefined ? {} : { subdirectory }) },
    world,
  );
  await callMoment(hooks.contextReady, { context, name }, { world });
  return context;
}
