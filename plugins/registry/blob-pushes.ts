import {
  isForeignLayer,
  shortDigest,
  type Descriptor,
  type Digest,
  type GrowingLayer,
  type Layer,
  type Registry,
  type Report,
} from '../../core/index.ts';
import type { Destination } from './destinations.ts';

/** Bytes of a blob and where else they lie. */
export interface Pushable {
  readonly descriptor: Descriptor;
  readonly seenIn: readonly string[];
  open(): AsyncIterable<Uint8Array>;
}

export interface BlobPushes {
  /** Begins to push a blob everywhere, unless it has begun. */
  start(blob: Pushable): void;
  /** Sends a layer that is still being made to one repository of each registry; `start` of it closes the matter. */
  grow(layer: GrowingLayer): void;
  /** Waits for all that has begun; ends with the first failure. */
  settled(): Promise<void>;
  /** Ends what runs. */
  stop(): Promise<void>;
}

/** Milliseconds between two events of one upload. */
const reportEvery = 100;

/** Pushes blobs to all destinations, each once; of several repositories in one registry the later mount from the first. */
export function startPushes(registry: Registry, destinations: readonly Destination[], report: Report): BlobPushes {
  const begun = new Map<Digest, Promise<void>>();
  const hosts = [...Map.groupBy(destinations, (one) => one.registry).values()];
  const growing: Promise<void>[] = [];
  const state = { stopped: false };

  const pushToHost = async (blob: Pushable, places: readonly Destination[]): Promise<void> => {
    const there: string[] = [];
    for (const { at } of places) {
      const progress = progressOf(blob.descriptor, at, report);
      try {
        await registry.pushBlob(at, blob.descriptor, {
          mountFrom: [...there, ...blob.seenIn],
          open: () => untilStopped(blob.open(), state),
          onProgress: progress.advance,
        });
      } finally {
        progress.end();
      }
      there.push(at);
    }
  };

  return {
    start(blob) {
      const { digest, mediaType } = blob.descriptor;
      if (begun.has(digest) || isForeignLayer(mediaType)) return;
      const work = Promise.all(hosts.map((places) => pushToHost(blob, places))).then(() => {});
      // Told by `settled`; until then nobody waits for it.
      work.catch(() => {});
      begun.set(digest, work);
    },
    grow(layer) {
      for (const [first] of hosts) {
        const bytes = () => untilStopped(layer.bytes(), state);
        growing.push(registry.uploadGrowing(first!.at, { ...layer, bytes }));
      }
    },
    async settled() {
      await Promise.all(begun.values());
    },
    async stop() {
      state.stopped = true;
      await Promise.allSettled([...begun.values(), ...growing]);
    },
  };
}

export const pushableLayer = (layer: Layer, open: (layer: Layer) => AsyncIterable<Uint8Array>): Pushable => ({
  descriptor: layer.descriptor,
  seenIn: layer.seenIn,
  open: () => open(layer),
});

export const pushableBytes = (descriptor: Descriptor, bytes: Uint8Array): Pushable => ({
  descriptor,
  seenIn: [],
  async *open() {
    yield bytes;
  },
});

async function* untilStopped(
  bytes: AsyncIterable<Uint8Array>,
  state: { readonly stopped: boolean },
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of bytes) {
    if (state.stopped) throw new DOMException('The push was given up.', 'AbortError');
    yield chunk;
  }
}

/** Events of one upload; silent for blobs that need none. */
function progressOf({ digest, size: total }: Descriptor, at: string, report: Report) {
  const task = `push ${at} ${digest}`;
  const title = `pushing ${shortDigest(digest)} to ${at}`;
  let last = -Infinity;
  let done = 0;
  return {
    advance(bytes: number): void {
      done = bytes;
      const now = performance.now();
      if (now - last < reportEvery) return;
      last = now;
      report({ type: 'progress', task, title, done, total, unit: 'bytes' });
    },
    end(): void {
      if (done > 0) report({ type: 'progress', task, title, done, total, unit: 'bytes', ended: true });
    },
  };
}
