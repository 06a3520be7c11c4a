import { expect, test } from 'vitest';
import { definePlugin, hookTable, type HookName, type HookScope } from '../../../core/index.ts';
import { tryPlugin } from '../../../core/testing/index.ts';

/** What taps of each hook were told besides the world, in a build without a RUN. */
async function scopesOfABuild(): Promise<ReadonlyMap<HookName, readonly string[]>> {
  const seen = new Map<HookName, readonly string[]>();
  const spy = definePlugin(() => ({
    name: 'spy',
    apply(hooks) {
      for (const name of Object.keys(hookTable) as HookName[])
        hooks[name].intercept({
          call: (_subject: unknown, scope: HookScope) =>
            void seen.set(
              name,
              Object.keys(scope)
                .filter((key) => key !== 'world')
                .sort(),
            ),
        });
      // Hooks that nobody taps are not called.
      for (const name of Object.keys(hookTable) as HookName[])
        hooks[name].tap('spy', ((subject: unknown) => subject) as never);
    },
  }));
  await using bench = await tryPlugin(spy(), { bases: { base: { files: {} } } });
  await bench.build({ '/Dockerfile': 'FROM base\nCOPY Dockerfile /\n' });
  return seen;
}

test('taps are told what the table says', async () => {
  const seen = await scopesOfABuild();
  const ofRuns: readonly HookName[] = ['job', 'snapshot'];
  // Of an output that keeps images in memory.
  const expected = (Object.keys(hookTable) as HookName[])
    .filter((name) => !ofRuns.includes(name))
    .map((name) => [name, [...hookTable[name].scope].sort()]);
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
});
