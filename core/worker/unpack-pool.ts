import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { arrivedError } from '../base/carried-error.ts';
import { pool } from '../base/pool.ts';
import type { UnpackedLayer } from '../rootfs/unpack-layer.ts';
import type { UnpackReply, UnpackRequest } from './unpack-thread.ts';

/** Unpacks as many layers at a time as there are cores, in threads that come to be with the first layers. */
export interface UnpackPool {
  unpack(request: UnpackRequest): Promise<UnpackedLayer>;
  close(): Promise<void>;
}

/** More of them wait for the disk, not for a core. */
const mostThreads = 4;

export function unpackPool(startThread: () => Worker): UnpackPool {
  const limit = Math.min(mostThreads, availableParallelism());
  const lanes = pool(limit);
  const idle: Worker[] = [];
  const all: Worker[] = [];
  const borrow = (): Worker => {
    const free = idle.pop();
    if (free) return free;
    const started = startThread();
    all.push(started);
    return started;
  };
  return {
    unpack: (request) =>
      lanes.run(async () => {
        const thread = borrow();
        thread.postMessage(request);
        const [reply] = (await once(thread, 'message')) as [UnpackReply];
        idle.push(thread);
        if ('error' in reply) throw arrivedError(reply.error);
        return reply.unpacked;
      }),
    async close() {
      await Promise.all(all.map((thread) => thread.terminate()));
    },
  };
}
