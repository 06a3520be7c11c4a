/** Uses a store on a file system with faults and prints what it is told, a line each: `node faults-process.ts <root>`. */
import { BuildError } from '../../../core/base/errors.ts';
import { hostPath } from '../../../core/base/brand.ts';
import { doctorStore } from '../../../core/store/doctor-store.ts';
import { openStore } from '../../../core/store/open-store.ts';

const root = hostPath(process.argv[2] ?? '');
const say = (what: string, codes: readonly string[]): void => console.log(`${what}: ${codes.join(' ') || 'fine'}`);
const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
  try {
    await action();
    say(what, []);
  } catch (error) {
    say(what, [BuildError.is(error) ? error.code : String(error)]);
  }
};

say(
  'before',
  (await doctorStore(root)).map((finding) => finding.code),
);
await attempt('three megabytes', async () => {
  const store = await openStore(root);
  await store.blobs.write(Array.from({ length: 30 }, () => Buffer.alloc(100_000)));
});
// What was half-written went, so there is room for something smaller.
await attempt('half a megabyte', async () => (await openStore(root)).blobs.write([Buffer.alloc(500_000)]));
