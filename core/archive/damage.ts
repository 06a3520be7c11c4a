import { BuildError } from '../base/errors.ts';

/** Bytes that are not what they should be; not those that are too many. */
export const isArchiveDamage = (error: unknown): boolean =>
  BuildError.is(error) && ['ARCHIVE_DAMAGED', 'COMPRESSED_STREAM_DAMAGED'].includes(error.code);
