/** A second process on a store: `node worker-process.ts <root> <what> [argument]`. */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { hostPath, type Digest } from '../../../core/base/brand.ts';
import { openStore } from '../../../core/store/open-store.ts';

const [root = '', what = '', argument = ''] = process.argv.slice(2);
const store = await openStore(hostPath(root));

async function* slowly(text: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += 100_000) {
    yield Buffer.from(text.slice(at, at + 100_000));
    await pause(1);
  }
}

if (what === 'write') {
  // The same blobs as everybody else, over and over.
  for (let round = 0; round < 40; round++) await store.blobs.write(slowly(String(round % 7).repeat(400_000)));
} else if (what === 'hold') {
  store.hold([argument as Digest]);
  process.stdout.write('held\n');
  await pause(60_000);
} else if (what === 'half') {
  const writer = await store.blobs.writer();
  await writer.write(Buffer.from('half a blob'));
  writeFileSync(store.temp('extra'), 'x');
  store.hold([argument as Digest]);
  process.stdout.write('written\n');
  await pause(60_000);
}
