import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { listTar } from '../../support/raw-tar-list.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { busyboxItems, openBench, type Bench } from './bench.ts';
import type { Outcome } from './scenario.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'busybox-static']);

const span = { source: { name: 'Dockerfile', text: 'COPY --from=image /lib /out' }, start: 0, end: 4 };
const wanted = (...patterns: readonly string[]) => ({
  sources: patterns.map((pattern) => ({ pattern, at: span })),
  destination: '/out/' as never,
  intoDirectory: true,
});

suite('COPY from layers', () => {
  let temp: TempDir;
  let bench: Bench;
  let base: string;
  let over: string;
  beforeAll(async () => {
    temp = await tempDir('copy');
    bench = await openBench('root', temp);
    base = await bench.tar('base', busyboxItems());
    over = await bench.tar('over', [{ path: 'lib/one', content: 'one, changed\n', mtime: 5 }]);
  });
  afterAll(async () => temp.remove());

  const entriesOf = async ({ layer }: Outcome) =>
    (await listTar(await buffer(createReadStream(layer!.blob)))).map(
      ({ path, uid, gid, size }) => `${path} ${uid}:${gid} ${size}`,
    );

  it('gives the same layer from unpacked directories and from blobs', async () => {
    const copy = { do: 'copy', action: wanted('lib/one', 'lib/deep', 'lib/two') } as const;
    const [, unpacked] = await bench.run([base, over], [{ do: 'run', job: {} }, copy]);
    const [streamed] = await bench.run([base, over], [copy], { store: temp.at('streamed') });
    const [assembled] = await bench.run([base, over], [copy], { store: temp.at('assembled'), isolation: 'assemble' });
    expect(await entriesOf(unpacked!)).toEqual([
      'out/ 0:0 0',
      'out/a 0:0 2',
      'out/b 0:0 2',
      'out/one 0:0 13',
      'out/two 1000:2000 4',
    ]);
    for (const other of [streamed!, assembled!]) {
      expect(other.layer!.diffId).toBe(unpacked!.layer!.diffId);
      expect(other.digest).toBe(unpacked!.digest);
    }
  });

  it('has a digest of what it reads, and of nothing else', async () => {
    const digest = async (layers: readonly string[], pattern: string) =>
      (await bench.run(layers, [{ do: 'copy', action: wanted(pattern) }]))[0]!.digest;
    const [deep, one] = [await digest([base], 'lib/deep'), await digest([base], 'lib/one')];
    expect(await digest([base, over], 'lib/deep')).toBe(deep);
    expect(await digest([base, over], 'lib/one')).not.toBe(one);
  });

  it('refuses to run where there is no tree', async () => {
    const [ran] = await bench.run([base], [{ do: 'run', job: {} }], { isolation: 'assemble' });
    expect(ran!.error).toMatchObject({ code: 'RUN_NOT_POSSIBLE' });
    expect(ran!.error!.hint).toContain('strake doctor');
    const missing = await bench.run([base], [{ do: 'copy', action: wanted('absent') }]);
    expect(missing[0]!.error).toMatchObject({ code: 'COPY_SOURCE_MISSING' });
    expect(await readFile(base)).toBeDefined();
  });
});
