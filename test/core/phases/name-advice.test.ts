import { expect, test } from 'vitest';
import { tryPlugin } from '../../../core/testing/index.ts';

const told = (name: string): string =>
  `Neither a stage above nor a --build-context is called "${name}", so it is looked for as an image.`;

test.each([
  ['FROM scratch\nCOPY --from=biuld /x /\n', `${told('biuld')} Did you mean "build"?`],
  ['FROM biuld\n', `${told('biuld')} Did you mean "build"?`],
  ['FROM scratch\nCOPY --from=asets /x /\n', `${told('asets')} Did you mean "assets"?`],
  ['FROM scratch\nCOPY --from=shared /x /\n', told('shared')],
  // Bases are called so, and somebody may have meant what is written.
  ['FROM debian\n', undefined],
  ['FROM scratch\nCOPY --from=registry.example/biuld /x /\n', undefined],
])('%j', async (rest, hint) => {
  await using bench = await tryPlugin([]);
  const contexts = [{ name: 'assets', kind: 'location', location: '.' }] as const;
  const dockerfile = `FROM scratch AS build\nCOPY Dockerfile /\n${rest}`;
  await expect(bench.build({ '/Dockerfile': dockerfile }, { contexts })).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    hint,
  });
});
