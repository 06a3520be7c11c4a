/** Looks into a store for what a killed run may have left there. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StrakeWorld } from '../../support/cli.ts';

/** One line for each temporary file and each blob that is not what its name says. */
export async function storeFaults({ store }: Pick<StrakeWorld, 'store'>): Promise<string[]> {
  const faults: string[] = [];
  faults.push(...(await below(join(store, 'tmp'))));
  for (const flavour of await below(join(store, 'layers'))) faults.push(...(await below(join(flavour, 'work'))));
  for (const blob of await below(join(store, 'blobs/sha256'))) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(blob), hash);
    if (!blob.endsWith(`/${hash.digest('hex')}`)) faults.push(`not what its name says: ${blob}`);
  }
  return faults;
}

/** Files of downloads and layers that are being written. */
export const unfinished = ({ store }: Pick<StrakeWorld, 'store'>): Promise<string[]> => below(join(store, 'tmp'));

/** Lists of what processes need, which go when somebody opens the store after their end. */
export const holds = ({ store }: Pick<StrakeWorld, 'store'>): Promise<string[]> => below(join(store, 'holds'));

async function below(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}
