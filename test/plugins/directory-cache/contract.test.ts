import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { cacheContract } from '../../../core/testing/index.ts';
import { directoryCache } from '../../../plugins/directory-cache/index.ts';
import { pass } from '../cache-ground.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'directory-cache-'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

pass(
  'a cache in a directory',
  cacheContract(() => ({
    plugin: directoryCache({ path: join(folder, `cache-${++count}`) }),
    shared: true,
    // Below a file nothing can be made.
    broken: directoryCache({ path: join(folder, 'file') }),
  })),
);
