import { expect, test } from 'vitest';
import { tryPreset } from 'strake/testing';
import { acmePreset } from '../src/index.ts';

const tree = { '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': 'hi' };

test('what a team gets, line by line', async () => {
  await using bench = await tryPreset(acmePreset({ team: 'payments' }));
  // A line that changes here is a line for the changelog.
  expect(bench.text).toBe(
    [
      'plugin acme-pinned-bases (preset acme)',
      'settings.sourceDateEpoch 0',
      'images.app.platforms ["linux/amd64"]',
      'images.app.labels.org.opencontainers.image.vendor "ACME"',
      'images.app.labels.com.acme.team "payments"',
      'images.app.rewriteTimestamp true',
      '',
    ].join('\n'),
  );
});

test('an image is built', async () => {
  await using bench = await tryPreset(acmePreset({ team: 'payments', arm: true }));
  const { files, config, platforms } = await bench.build(tree);
  expect(files).toEqual({ '/a': 'hi' });
  expect(config.created).toBe('1970-01-01T00:00:00Z');
  expect(Object.fromEntries(config.config.labels)).toEqual({
    'org.opencontainers.image.vendor': 'ACME',
    'com.acme.team': 'payments',
  });
  expect(platforms.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
});

const bases = { debian: { files: {} }, 'registry.acme.example/base/node': { files: {} } };

test('a base without a digest is refused at its line, with the digest to write', async () => {
  await using bench = await tryPreset(acmePreset({ team: 'payments' }), { bases });
  const text = '# What we run on\nFROM debian\nCOPY a /a\n';
  const error = (await bench.build({ ...tree, '/Dockerfile': text }).catch((it: unknown) => it)) as Refusal;
  expect(error.code).toBe('acme/BASE_NOT_PINNED');
  expect(error.hint).toMatch(/^Write debian@sha256:[0-9a-f]{64}: /);
  expect(text.slice(error.where.at.start)).toMatch(/^FROM debian/);
});

interface Refusal {
  readonly code: string;
  readonly hint: string;
  readonly where: { readonly at: { readonly start: number } };
}

test('all such bases are told together; ours need no digest', async () => {
  await using bench = await tryPreset(acmePreset({ team: 'payments' }), { bases });
  const two = 'FROM debian AS one\nCOPY a /a\nFROM debian\nCOPY --from=one /a /a\n';
  await expect(bench.build({ ...tree, '/Dockerfile': two })).rejects.toMatchObject({ errors: [{}, {}] });
  const ours = 'FROM registry.acme.example/base/node\nCOPY a /a\n';
  expect((await bench.build({ ...tree, '/Dockerfile': ours })).files).toEqual({ '/a': 'hi' });
});

test('mistakes in the options are told as mistakes in the config are', () => {
  expect(() => acmePreset({ taem: 'payments' } as object as { team: string })).toThrow('Did you mean "team"?');
});
