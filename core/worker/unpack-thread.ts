import { createReadStream } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { HostPath } from '../base/brand.ts';
import { carryError, type CarriedError } from '../base/carried-error.ts';
import { overlayMarks, type Bookkeeping } from '../isolation/overlay/marks.ts';
import { unpackLayer, type UnpackedLayer } from '../rootfs/unpack-layer.ts';
import type { Sys } from '../sys/sys.ts';

export interface UnpackRequest {
  readonly blob: HostPath;
  readonly directory: HostPath;
  readonly bookkeeping: Bookkeeping;
  readonly owners: boolean;
}

export type UnpackReply = { readonly unpacked: UnpackedLayer } | { readonly error: CarriedError };

/** Compressed bytes read at a time. */
const chunk = 512 * 1024;

/** Unpacks one layer after the other, each within the calls that read it; several threads do several at a time. */
export function serveUnpacking(port: MessagePort, sys: Sys): void {
  const unpack = async ({ blob, directory, bookkeeping, owners }: UnpackRequest): Promise<UnpackReply> => {
    try {
      const marks = overlayMarks(sys, bookkeeping);
      const bytes = createReadStream(blob, { highWaterMark: chunk });
      return { unpacked: await unpackLayer(bytes, directory, { marks, calls: sys, owners }) };
    } catch (error) {
      return { error: carryError(error) };
    }
  };
  port.on('message', (request: UnpackRequest) => {
    void unpack(request).then((reply) => port.postMessage(reply));
  });
}
