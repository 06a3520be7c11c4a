import { entry } from './entry.ts';

/** What befalls caches. Most of it are notices: a broken cache slows a build and never fails it. */
export const caching = {
  STORE_DAMAGED: entry<{ path: string; reason: string }>({
    title: 'A file in the store is damaged',
    exit: 1,
    message: ({ path, reason }) => `${path}: ${reason}.`,
    hint: () => 'It was put aside; run the build again.',
  }),
};
