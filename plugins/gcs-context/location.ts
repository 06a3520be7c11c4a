import { problem } from './problems.ts';

export interface GcsLocation {
  readonly bucket: string;
  readonly object: string;
  /** One version of the object. */
  readonly generation?: string;
}

/** As kaniko has it, for a bucket alone. */
const usualObject = 'context.tar.gz';

/** `gs://bucket/path/object#generation`. Names are taken as they stand: nothing is escaped in them. */
export function parseGcsLocation(location: string): GcsLocation {
  const wrong = (reason: string) => problem('LOCATION_INVALID', { location, reason });
  const [, bucket = '', , rest = ''] = /^gs:\/\/([^/]*)(\/(.*))?$/is.exec(location) ?? [];
  if (bucket === '') throw wrong('it names no bucket');
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) throw wrong(`"${bucket}" is no name of a bucket`);
  const [, object = '', generation] = /^(.*?)(?:#(\d+))?$/s.exec(rest) ?? [];
  if (object.endsWith('/')) throw wrong('it names a folder; a context is one object');
  return { bucket, object: object === '' ? usualObject : object, ...(generation !== undefined && { generation }) };
}

export const textOf = ({ bucket, object, generation }: GcsLocation): string =>
  `gs://${bucket}/${object}${generation === undefined ? '' : `#${generation}`}`;
