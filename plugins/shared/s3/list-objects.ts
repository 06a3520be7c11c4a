import type { Bucket } from './bucket.ts';
import { problem } from './problems.ts';
import { elementText, elementsOf } from './xml.ts';

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, by the clock of the server. */
  readonly modified: number;
}

/** Bytes of one page of a list: a thousand objects with long names. */
const longestPage = 8 << 20;

/** All objects whose keys begin so, a thousand a request. */
export async function listObjects(bucket: Bucket, prefix: string): Promise<readonly ListedObject[]> {
  const all: ListedObject[] = [];
  let after: string | undefined;
  do {
    const response = await bucket.send({
      method: 'GET',
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        prefix,
        ...(after !== undefined && { 'continuation-token': after }),
      },
      accepts: [200],
      needs: 's3:ListBucket',
    });
    const text = await response.text(longestPage);
    const result = elementsOf(text, 'ListBucketResult')[0];
    if (result === undefined) throw problem('ANSWER_INVALID', { ...where(bucket), reason: 'the answer is no list' });
    all.push(...elementsOf(result, 'Contents').map(listed));
    after = elementText(result, 'IsTruncated') === 'true' ? elementText(result, 'NextContinuationToken') : undefined;
  } while (after !== undefined);
  return all;
}

const where = ({ name, server }: Bucket) => ({ place: `s3://${name}`, ...(server !== undefined && { server }) });

const listed = (xml: string): ListedObject => ({
  key: decodeURIComponent((elementText(xml, 'Key') ?? '').replaceAll('+', ' ')),
  size: Number(elementText(xml, 'Size')),
  modified: Date.parse(elementText(xml, 'LastModified') ?? ''),
});
