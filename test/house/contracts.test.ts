import { expect, test } from 'vitest';
import { sourceFiles } from './sources.ts';

/** What an offer is declared as in a plugin, and the checks that it passes. */
const contracts: Readonly<Record<string, string>> = {
  contexts: 'contextSourceContract',
  images: 'imageSourceContract',
  caches: 'cacheContract',
  cacheTypes: 'cacheContract',
  credentials: 'credentialContract',
  outputs: 'outputContract',
  isolations: 'isolationContract',
};

test('every plugin of ours passes the checks of what it offers, somewhere in the tests', () => {
  const tests = sourceFiles('test');
  const missing = sourceFiles('plugins')
    .filter(({ path }) => /^plugins\/[^/]+\/index\.ts$/.test(path))
    .flatMap(({ path, text }) =>
      Object.entries(contracts)
        // A property of the object that the plugin is.
        .filter(([kind]) => new RegExp(`^ {2,4}${kind}(?::|,$)|[{,] ${kind}: `, 'm').test(text))
        .filter(([, check]) => !tests.some((file) => file.imports.includes(path) && file.text.includes(`${check}(`)))
        .map(([kind, check]) => `${path} offers ${kind}; no test runs ${check} on it`),
    );
  expect(missing).toEqual([]);
});
