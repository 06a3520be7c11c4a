import { entry } from './entry.ts';

/** What is wrong with tars, compressed streams and layer indexes, and with files on their way into a layer. */
export const archive = {
  ARCHIVE_DAMAGED: entry<{ reason: string; offset: number }>({
    title: 'A tar archive is damaged',
    exit: 1,
    message: ({ reason, offset }) => `${reason} (at byte ${offset} of the tar).`,
    hint: () => 'The file is no tar archive, was cut short, or was changed on the way. Fetch or make it again.',
  }),
  ARCHIVE_ENTRY_OUTSIDE: entry<{ path: string }>({
    title: 'A tar entry leads out of its archive',
    exit: 1,
    message: ({ path }) => `The entry "${path}" has a ".." in it; nothing of the archive after it was used.`,
    hint: () =>
      'Such archives overwrite files elsewhere when unpacked. Make the archive again with plain relative names.',
  }),
  ARCHIVE_LIMIT: entry<{ what: string; limit: number; path?: string }>({
    title: 'A tar archive is larger than allowed',
    exit: 1,
    message: ({ what, limit, path }) => `The archive goes beyond ${limit} ${what}${path ? ` at "${path}"` : ''}.`,
  }),
  ARCHIVE_UNSUPPORTED: entry<{ what: string; path: string }>({
    title: 'A tar entry is of a kind that images do not have',
    exit: 1,
    message: ({ what, path }) => `"${path}" is ${what}.`,
    hint: () => 'Make the archive again with a plain `tar --format=posix`.',
  }),
  COMPRESSED_STREAM_DAMAGED: entry<{ format: string; reason: string }>({
    title: 'Compressed data is damaged',
    exit: 1,
    message: ({ format, reason }) => `The ${format} stream cannot be read: ${reason}.`,
    hint: () => 'The file was cut short or changed on the way. Fetch or make it again.',
  }),
  INDEX_DAMAGED: entry<{ reason: string }>({
    title: 'A layer index is damaged',
    exit: 1,
    message: ({ reason }) => `The layer index cannot be used: ${reason}.`,
    hint: () => 'It is made anew from its layer when it is removed from the store.',
  }),
  LAYER_SOURCE_CHANGED: entry<{ path: string; expected: number; actual: string }>({
    title: 'A file changed while it was packed',
    exit: 1,
    message: ({ path, expected, actual }) => `${path} had ${expected} bytes when the layer was begun; then ${actual}.`,
    hint: () => 'Something still writes to the file. Stop it, or leave the file out with a .dockerignore.',
  }),
  LAYER_ENTRY_IMPOSSIBLE: entry<{ path: string; reason: string }>({
    title: 'A file cannot be put into a layer',
    exit: 1,
    message: ({ path, reason }) => `${path}: ${reason}.`,
  }),
};
