import type { BuildContext, ContextRequest, Json, World } from '../../core/index.ts';
import { openBucket } from '../shared/s3/bucket.ts';
import { readObject } from '../shared/s3/read-object.ts';
import { ChangedMeanwhile, contextFromArchive, type SentContext } from '../shared/unpack-context.ts';
import type { S3Settings } from './options.ts';
import { problem } from './problems.ts';

export async function openObject(
  request: ContextRequest,
  { parallel, limits, ...server }: S3Settings,
  world: World,
): Promise<BuildContext> {
  const { location } = request;
  const { bucket: name, key } = placeIn(location);
  const bucket = await openBucket(name, server, world);
  const changed = (): Error => new ChangedMeanwhile('it was replaced while it was being read');

  const send = async (known: Json | undefined): Promise<SentContext | 'unchanged'> => {
    const etag = (known as { readonly etag?: string } | undefined)?.etag;
    const sent = await readObject(bucket, key, {
      changed,
      lent: true,
      ...(etag !== undefined && { unlessEtag: etag }),
      ...(parallel !== undefined && { lanes: parallel }),
    });
    if (sent === 'unchanged') return sent;
    const { bytes, size, etag: current } = sent;
    if (current === undefined) return { bytes, lent: true, size };
    return { bytes, lent: true, size, revision: current.replaceAll('"', ''), facts: () => ({ etag: current }) };
  };
  const place = `s3 ${bucket.server ?? ''} ${name} ${key}`;
  return contextFromArchive({ label: location, key: place, limits, send }, request, world);
}

/** `s3://bucket/folder/object` */
function placeIn(location: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(location) ?? [];
  const invalid = (reason: string) => problem('LOCATION_INVALID', { location, reason });
  if (/[@:?#\s]/.test(bucket)) throw invalid('a bucket has no such name; credentials have no place in a location');
  if (bucket === '') throw invalid('it names no bucket');
  if (key === '') throw invalid('it names a bucket alone');
  if (key.endsWith('/')) throw problem('PREFIX', { location });
  // URLs have no such parts, so no request could ask for them.
  if (/(^|\/)\.{1,2}(\/|$)/.test(key)) throw invalid('parts of it are "." or ".."');
  return { bucket, key };
}
