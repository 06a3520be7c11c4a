import type { Digest } from '../base/brand.ts';
import type { GrowingLayer } from '../contract/model.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Exchange } from './exchange.ts';
import { placeText, type Place } from './places.ts';
import type { Need } from './scopes.ts';
import { beginUpload, cancelUpload, closeUpload, continueUpload } from './upload.ts';

/** Uploads that begin before it is known what the blob will be. */
export interface GrowingUploads {
  /** Resolves when nothing of the layer is read any more; never rejects. A layer goes to a registry once. */
  begin(place: Place, layer: GrowingLayer): Promise<void>;
  /** Closes the upload of the blob that runs there; false: there is none, or it has failed. */
  close(place: Place, blob: Descriptor): Promise<boolean>;
  /** The blob is there already: its upload is given up. */
  drop(place: Place, digest: Digest): Promise<void>;
}

interface Upload {
  readonly need: Need;
  /** Where to go on; undefined: it has failed. */
  readonly sent: Promise<URL | undefined>;
  stop(): void;
}

export function createGrowingUploads(exchange: Exchange): GrowingUploads {
  const begun = new WeakMap<GrowingLayer['finished'], Set<string>>();
  const finished = new Map<string, Upload>();
  const taken = (place: Place, digest: Digest): Upload | undefined => {
    const key = `${placeText(place)} ${digest}`;
    const upload = finished.get(key);
    finished.delete(key);
    return upload;
  };
  const giveUp = async ({ stop, sent, need }: Upload): Promise<void> => {
    stop();
    const location = await sent;
    if (location) await cancelUpload(exchange, need, location);
  };
  return {
    async begin(place, layer) {
      const registries = begun.get(layer.finished) ?? new Set();
      if (registries.has(place.registry)) return;
      begun.set(layer.finished, registries.add(place.registry));
      const upload = startUpload(exchange, place, layer);
      layer.finished.then(
        ({ descriptor }) => finished.set(`${placeText(place)} ${descriptor.digest}`, upload),
        () => giveUp(upload),
      );
      await upload.sent;
    },
    async close(place, blob) {
      const upload = taken(place, blob.digest);
      const location = await upload?.sent;
      if (!upload || !location) return false;
      return closeUpload(exchange, upload.need, location, blob).then(
        () => true,
        () => false,
      );
    },
    async drop(place, digest) {
      const upload = taken(place, digest);
      if (upload) await giveUp(upload);
    },
  };
}

function startUpload(exchange: Exchange, place: Place, layer: GrowingLayer): Upload {
  const need: Need = { ...place, actions: ['pull', 'push'] };
  const what = `pushing a layer to ${place.repository}`;
  let stopped = false;
  const bytes = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of layer.bytes()) {
      if (stopped) throw new DOMException('The upload was given up.', 'AbortError');
      yield chunk;
    }
  };
  const send = async (): Promise<URL> => {
    const location = await beginUpload(exchange, need, what);
    try {
      return await continueUpload(exchange, need, what, location, bytes);
    } catch (error) {
      await cancelUpload(exchange, need, location);
      throw error;
    }
  };
  return { need, sent: send().catch(() => undefined), stop: () => void (stopped = true) };
}
