import { locate, problem } from '../base/errors.ts';
import { callRewrite } from '../contract/install.ts';
import type { BaseQuery } from '../contract/hooks.ts';
import type { ResolvedImage } from '../contract/model.ts';
import type { ImageQuery } from '../contract/offers.ts';
import type { Workshop } from '../contract/workshop.ts';
import { parseReference } from '../oci/reference.ts';

/** Asks the image sources in order; the first that has the image wins. */
export async function resolveBase(asked: BaseQuery, workshop: Workshop): Promise<ResolvedImage> {
  const { text, platform } = await callRewrite(workshop.hooks.resolveBase, asked, { world: workshop.world });
  const query: ImageQuery = { text, platform, ...(text.includes('://') ? {} : { reference: parseReference(text) }) };
  try {
    for (const source of workshop.offers.images) {
      const image = await source.resolve(query, workshop);
      if (!image) continue;
      workshop.blobs.knows(image);
      return image;
    }
  } catch (error) {
    throw locate(error, { phase: 'plan' });
  }
  throw problem('IMAGE_NOT_FOUND', { text, sources: workshop.offers.images.map((source) => source.name) });
}
