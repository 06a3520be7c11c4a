/** What the machine needs for the plain work on the same data: nobody who does that work can be faster. */
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { debianBase, largeBase } from '../test/support/bases.ts';
import { blobFile } from '../test/support/oci-layout.ts';
import { cleanEnv } from '../test/support/process.ts';
import { readManifest } from '../test/support/images.ts';
import { layoutSource } from '../test/support/image-source.ts';
import type { Manifest } from '../test/support/oci-types.ts';
import { measure } from './measure/run.ts';
import { cells } from './report.ts';
import type { Session } from './session.ts';
import { bigFile, manyFiles } from './workloads.ts';

export interface Floor {
  readonly what: string;
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
}

export async function measureFloors({ scratch, registry }: Session): Promise<Floor[]> {
  const [many, big, blobs] = await Promise.all([manyFiles(), bigFile(), largeLayers()]);
  const file = join(big, 'model.bin');
  const target = join(scratch, 'floors');
  await mkdir(join(target, 'root'), { recursive: true });
  await (await debianBase()).pushTo(registry, 'bench/floors');
  const upload = [
    `url=$(curl -fsS -o /dev/null -D - -X POST ${registry.direct}/v2/bench/floors/blobs/uploads/ | sed -n 's/^[Ll]ocation: //p' | tr -d '\\r')`,
    `curl -fsS -X PATCH -H 'Content-Type: application/octet-stream' -T ${file} -o /dev/null "$url"`,
  ].join('\n');
  const programs: readonly (readonly [string, string])[] = [
    ['cp, 20,000 files', `cp -a ${many} ${target}/many`],
    ['tar, 20,000 files', `tar -C ${many} -cf - . | cat > /dev/null`],
    ['tar | gzip -4, 20,000 files', `tar -C ${many} -cf - . | gzip -4 > /dev/null`],
    ['cp, 1 GiB', `cp ${file} ${target}/`],
    ['gzip -4, 1 GiB', `gzip -4 < ${file} > /dev/null`],
    ['sha256 (openssl), 1 GiB', `openssl dgst -sha256 ${file} > /dev/null`],
    ['curl, 1 GiB to the registry', upload],
    ['gzip -d, large base', blobs.map((blob) => `gzip -dc ${blob} > /dev/null`).join('\n')],
    ['tar -xz, large base', blobs.map((blob) => `tar -C ${target}/root -xzf ${blob}`).join('\n')],
  ];
  const floors: Floor[] = [];
  for (const [what, script] of programs) {
    const argv = ['sh', '-ec', script];
    const { status, output, wall, cpu } = await measure(argv, { env: cleanEnv(), sampleEvery: 0 });
    if (status !== 0) throw new Error(`${what} ended with status ${status}\n${output}`);
    floors.push({ what, wall, cpu });
  }
  return floors;
}

async function largeLayers(): Promise<string[]> {
  const { directory } = await largeBase();
  const { content } = await readManifest(layoutSource(directory), 'latest');
  return (content as Manifest).layers.map(({ digest }) => blobFile(directory, digest));
}

export const floorLines = (floors: readonly Floor[]): string[] => [
  '\nfloors: the plain work on the same data',
  ...floors.map(({ what, wall, cpu }) =>
    cells([''.padEnd(0), `${wall.toFixed(2)} wall`, `${cpu.toFixed(2)} CPU`, what]),
  ),
];
