import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const alias = [
  { find: /^strake$/, replacement: here('./core/index.ts') },
  { find: /^strake\/testing$/, replacement: here('./core/testing/index.ts') },
  { find: /^strake\/plugins\/(.+)$/, replacement: here('./plugins/') + '$1/index.ts' },
  { find: /^strake\/presets\/(.+)$/, replacement: here('./presets/') + '$1.ts' },
];

/**
 * `house`: rules over the source. `units`: no root, no network, no servers, and quick. `builds`: many whole builds and
 * processes, against servers of our own. `real`: drives real servers and sandboxes.
 */
export default defineConfig({
  resolve: { alias },
  test: {
    reporters: ['default'],
    // The runner's own process has little to do.
    maxWorkers: '100%',
    projects: [
      { resolve: { alias }, test: { name: 'house', include: ['test/house/**/*.test.ts'] } },
      {
        resolve: { alias },
        test: {
          name: 'units',
          isolate: false,
          include: [
            'test/{core,dockerfile,plan,config,cli,plugins,presets,testing}/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
          ],
        },
      },
      {
        resolve: { alias },
        test: { name: 'builds', include: ['test/builds/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
