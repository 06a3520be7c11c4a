import { entry } from './entry.ts';

/** What befalls caches. Most of it are notices: a broken cache slows a build and never fails it. */
export const caching = {
  CACHE_SPEC_INVALID: entry<{ text: string; reason: string }>({
    title: 'A cache is not understood',
    exit: 2,
    message: ({ text, reason }) => `"${text}": ${reason}.`,
    hint: () =>
      'Write it as buildx does: type=registry,ref=registry.example/app/cache, or type=local,src=DIR (to read) and type=local,dest=DIR (to write).',
  }),
  CACHE_TYPE_UNKNOWN: entry<{ type: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such type of cache',
    exit: 2,
    message: ({ type }) => `No plugin knows caches of type "${type}".`,
    hint: ({ known, nearest }) => (nearest ? `Did you mean "${nearest}"?` : `There are: ${known.join(', ')}.`),
  }),
  STORE_DAMAGED: entry<{ path: string; reason: string }>({
    title: 'A file in the store is damaged',
    exit: 1,
    message: ({ path, reason }) => `${path}: ${reason}.`,
    hint: () => 'It was put aside; run the build again.',
  }),
  STORE_FULL: entry<{ path: string; free?: number }>({
    title: 'The disk of the store is full',
    exit: 1,
    message: ({ path, free }) =>
      `${path} cannot be written: no space is left${free === undefined ? '' : ` (${Math.floor(free / 1024 / 1024)} MiB free)`}.`,
    hint: () => '`strake prune` makes room. STRAKE_HOME puts the store elsewhere.',
  }),
  STORE_NOT_WRITABLE: entry<{ path: string; reason: string }>({
    title: 'The store cannot be written',
    exit: 1,
    message: ({ path, reason }) => `${path}: ${reason}.`,
    hint: () => 'Make it writable for this user, or name another directory in STRAKE_HOME.',
  }),
  STORE_ON_NFS: entry<{ path: string; filesystem: string }>({
    title: 'The store lies on a network filesystem',
    exit: 1,
    message: ({ path, filesystem }) =>
      `${path} is on ${filesystem}: its locks and its owners of files are not those of a local disk.`,
    hint: () => 'Put STRAKE_HOME on a local disk.',
  }),
  STORE_ON_OVERLAY: entry<{ path: string }>({
    title: 'The store lies on an overlay filesystem',
    exit: 1,
    message: ({ path }) => `${path} is on overlayfs, on which no other overlay can be stacked.`,
    hint: () => "It is a container's own file system: mount a volume there, or put STRAKE_HOME on one.",
  }),
};
