/**
 * Pushes a large blob of a store or pulls it, and prints the peak of this process's memory. Arguments: up or down,
 * host, store, megabytes.
 */
import { readFileSync } from 'node:fs';
import { hostPath } from '../../../core/base/brand.ts';
import { meter } from '../../../core/base/digest.ts';
import { openStore } from '../../../core/store/open-store.ts';
import { clientFor } from './registry-for.ts';

const [direction, host = '', directory = '', megabytes = '0'] = process.argv.slice(2);
const block = Buffer.alloc(1 << 20, 'strake');

/** Always the same memory: making the blob is no part of the measurement. */
function* content(): Generator<Uint8Array> {
  for (let at = 0; at < Number(megabytes); at++) {
    block.writeUInt32LE(at);
    yield block;
  }
}

const peak = (): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024);

const store = await openStore(hostPath(directory));
const blob = { mediaType: 'x', ...(await store.blobs.write(content())) };
await using client = clientFor();
const at = `${host}/large/blob`;
const before = peak();
const begun = performance.now();
let intact = true;
if (direction === 'up') {
  await client.registry.pushBlob(at, blob, { mountFrom: [], open: () => store.blobs.open(blob.digest) });
} else {
  const passed = meter();
  for await (const chunk of client.registry.openBlob(at, blob)) passed.update(chunk);
  intact = passed.digest() === blob.digest;
}
const ms = Math.round(performance.now() - begun);
console.log(JSON.stringify({ intact, before, after: peak(), ms }));
