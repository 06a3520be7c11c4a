import { expect, test } from 'vitest';
import { installPlugins } from '../../../core/contract/install.ts';
import type { Plugin } from '../../../core/contract/plugin.ts';
import { shapeMistakes } from '../../../core/contract/plugin-shape.ts';
import { quietWorld } from './quiet-world.ts';

const plugin = (parts: object): Plugin => ({ name: 'mine', ...parts });
const fine = () => Promise.resolve();

test.each([
  [{ context: [] }, ['has "context", which is nothing that plugins have ("contexts" is)']],
  [{ enforce: 'first' }, ['has a value of "enforce" that cannot be one']],
  [
    { cacheKey: true, apply: {} },
    ['has a value of "cacheKey" that cannot be one', 'has a value of "apply" that cannot be one'],
  ],
  [{ contexts: {} }, ['has "contexts" that are no list']],
  [{ contexts: [fine] }, ['offers contexts[0], which is no object']],
  [
    { contexts: [{ scheme: 'ftp', open: 1 }] },
    ['offers contexts[0] without schemes, a list of words', 'offers contexts[0] without open()'],
  ],
  [{ credentials: [{ name: '', credentials: fine }] }, ['offers credentials[0] without name']],
  [{ outputs: [{ type: 'tar' }] }, ['offers outputs[0] without begin()']],
  [{ contexts: [{ schemes: ['ftp'], open: fine }], caches: undefined, something: 'of its own' }, []],
])('%j', (parts, mistakes) => {
  expect(shapeMistakes(plugin(parts))).toEqual(mistakes);
});

test('all mistakes of all plugins are told at once, with their names', () => {
  const install = () =>
    installPlugins([plugin({ context: [], enforce: 'first' }), { name: 'other', images: 1 } as never]);
  const mistake = (name: string) => expect.objectContaining({ code: 'PLUGIN_INVALID', where: { plugin: name } });
  const errors = ['mine', 'mine', 'other'].map(mistake);
  expect(install).toThrow(expect.objectContaining({ errors }));
});

test('a hook that is not there is named, and the one that was meant', () => {
  const wrong = plugin({ apply: (hooks: { requst: { tap(): void } }) => hooks.requst.tap() });
  expect(() => installPlugins([wrong])).toThrow('The plugin "mine" taps "requst", which is no hook ("request" is).');
  // Whoever asks whether a hook is there gets an answer.
  const careful = plugin({ apply: (hooks: { later?: { tap(): void } }) => hooks.later?.tap() });
  expect(installPlugins([careful]).taps.get('mine')).toBeUndefined();
});

test.each([
  [undefined, 'gave no object from contexts.open'],
  [{ root: '/x', label: 'x', close: fine }, 'gave an object without [Symbol.asyncDispose]() from contexts.open'],
  [{ path: '/x' }, 'gave an object without root from contexts.open'],
])('a context %j is refused when it is opened', async (given, reason) => {
  const { offers } = installPlugins([plugin({ contexts: [{ schemes: ['ftp'], open: async () => given }] })]);
  await expect(offers.contexts[0]!.open({ location: 'ftp://x', scheme: 'ftp' }, quietWorld())).rejects.toMatchObject({
    code: 'PLUGIN_INVALID',
    message: `The plugin "mine" ${reason}.`,
  });
});
