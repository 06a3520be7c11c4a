import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { definePlugin, definePreset, defineProblems, entry } from '../../core/index.ts';
import { tryPlugin, tryPreset } from '../../core/testing/index.ts';

const stamp = definePlugin((team: string) => ({
  name: 'stamp',
  apply(hooks) {
    hooks.assemble.tap('stamp', (draft) => ({ ...draft, annotations: [...draft.annotations, ['team', team] as const] }));
  },
}));

test('a bench builds a tree with the plugin and gives back files, config and manifest', async () => {
  await using bench = await tryPlugin(stamp('payments'));
  const { files, config, manifest, result, events } = await bench.build({
    '/Dockerfile': 'FROM scratch\nCOPY a /a\nCOPY --chown=7:8 --chmod=750 run /bin/\nENV X=1\n',
    '/a': 'hi',
    '/run': '#!/bin/sh\n',
  });
  expect(files).toEqual({ '/a': 'hi', '/bin': { directory: true, owner: '7:8', mode: 0o755 }, '/bin/run': { file: '#!/bin/sh\n', mode: 0o750, owner: '7:8' } });
  expect(config.config.env).toContainEqual(['X', '1']);
  expect(manifest.annotations).toEqual([['team', 'payments']]);
  expect(result.published).toEqual([{ location: 'memory:tried', digest: result.finished.platforms[0]!.manifest.digest }]);
  expect(events.filter((event) => event.type === 'step' && event.state === 'end').length).toBe(2);
});
