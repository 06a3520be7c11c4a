import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient, type HttpResponse, type World } from '../../core/index.ts';
import { ChangedMeanwhile } from '../shared/unpack-context.ts';
import { ask, attempts, firstDelay, shown } from './ask.ts';
import { problem } from './problems.ts';
import type { HttpAccess } from './settings.ts';
import { strongOf, validatorsOf } from './validators.ts';

/** Milliseconds, for a line that brought something. */
const briefDelay = 50;

/** How many connections a file may cost: a line that breaks every megabyte is still worth it. */
const connectionsFor = (bytes: number): number => 20 + Math.ceil(bytes / (1 << 20));

export const sizeOf = ({ headers }: HttpResponse): number | undefined => {
  const length = headers['content-length'];
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
};

/**
 * The bytes of an answer to the end. Where the connection breaks it is made again for the rest, which only a server
 * that vouches for the same file may send; otherwise this ends with `ChangedMeanwhile`.
 */
export async function* download(
  first: HttpResponse,
  access: HttpAccess,
  world: World,
): AsyncGenerator<Uint8Array, void> {
  const size = sizeOf(first);
  const same = strongOf(validatorsOf(first));
  let reached = 0;
  let fruitless = 0;
  let body: AsyncIterable<Uint8Array> = first.body;
  for (let connections = 1; ; connections++) {
    const begun = reached;
    try {
      for await (const chunk of body) {
        reached += chunk.length;
        yield chunk;
      }
      if (size === undefined || reached === size) return;
    } catch (error) {
      if (!isTransient(error)) throw error;
      // Nobody could tell whether the rest is of the same file.
      if (same === undefined) throw new ChangedMeanwhile('the connection broke', { cause: error });
    }
    fruitless = reached > begun ? 0 : fruitless + 1;
    if (fruitless >= attempts || connections >= connectionsFor(reached))
      throw problem('BROKEN_OFF', { url: shown(access), reached, ...(size !== undefined && { size }) });
    const delay = fruitless === 0 ? briefDelay : firstDelay * 2 ** fruitless;
    await sleep(delay, undefined, { signal: world.signal });
    body = await rest(access, same!, reached, world);
  }
}

async function rest(access: HttpAccess, same: string, from: number, world: World): Promise<AsyncIterable<Uint8Array>> {
  const headers = { range: `bytes=${from}-`, 'if-range': same };
  const response = await ask(access, { headers, accepts: [200, 206, 412, 416], again: true }, world);
  const isSame = strongOf(validatorsOf(response)) === same;
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
    // What it vouches for stands in the request already; a tag of its own must agree.
    const differs = response.headers['etag'] !== undefined && !isSame;
    if (start !== undefined && Number(start) === from && !differs) return response.body;
  } else if (response.status === 200 && isSame) return skipping(response.body, from);
  await response.discard();
  throw new ChangedMeanwhile('the file is another one now');
}

/** A server that does not know ranges sends everything again. */
async function* skipping(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array, void> {
  let left = bytes;
  for await (const chunk of body) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left > 0 ? chunk.subarray(left) : chunk;
      left = 0;
    }
  }
}
