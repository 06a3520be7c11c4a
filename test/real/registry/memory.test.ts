/** Memory stays flat, whatever the size of a blob. */
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { startRegistry } from '../../support/servers/registry.ts';
import { tempDir } from '../../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry']);

/** Megabytes. */
const size = 500;
const limit = 160;
/**
 * Buffers that have passed are freed when the young generation is collected. V8 lets it grow on a quiet heap, and tens
 * of megabytes of buffers with it.
 */
const smallYoungGeneration = '--semi-space-growth-factor=1';

/** As users have it: one bundle. Reading TypeScript alone would take 40 megabytes. */
async function bundle(into: string): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('move-blob.ts', import.meta.url))],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outdir: into,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  return `${into}/move-blob.mjs`;
}

suite('a blob of half a gigabyte', () => {
  it('goes up and comes down in a process that stays small', async () => {
    await using registry = await startRegistry();
    await using directory = await tempDir('memory');
    const script = await bundle(directory.at('bundle'));
    const host = registry.direct.replace('http://', '');
    for (const direction of ['up', 'down']) {
      const argv = [
        process.execPath,
        smallYoungGeneration,
        script,
        direction,
        host,
        directory.at('store'),
        String(size),
      ];
      const report = JSON.parse((await run(argv)).stdout) as { intact: boolean; after: number };
      expect(report.intact).toBe(true);
      expect(report.after, direction).toBeLessThan(limit);
    }
  });
});
