import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completed, missingOptionals, type Lock } from '../../tools/complete-lock.ts';
import { root } from './sources.ts';

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;

test('the lock knows the packages of every platform, so that npm ci takes it (else: node tools/complete-lock.ts)', () => {
  expect(missingOptionals(lock).map(({ place, version }) => `${place}@${version}`)).toEqual([]);
});

/** Of servers that tests install. */
const others = ['azure', 'gcs'].map((name) => `test/support/servers/${name}/package-lock.json`);

test.each(['package-lock.json', ...others])('%s names no registry', (file) => {
  const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Lock;
  const places = Object.values(packages).flatMap(({ resolved }) => (typeof resolved === 'string' ? [resolved] : []));
  expect(places.filter((place) => place.includes('://'))).toEqual([]);
});

test.each(others)('%s knows the bytes of every package', (file) => {
  const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Lock;
  const unknown = Object.entries(packages).filter(
    ([place, { integrity }]) => place !== '' && !String(integrity).startsWith('sha512-'),
  );
  expect(unknown.map(([place]) => place)).toEqual([]);
});

test('what is missing is found and entered beside or below what needs it', () => {
  const tool = { version: '2.0.0', dev: true, optionalDependencies: { '@t/binding-linux-x64-musl': '2.0.0' } };
  const old = { version: '1.0.0' };
  const beside = completed({ packages: { '': {}, 'node_modules/tool': tool } });
  expect(beside.packages['node_modules/@t/binding-linux-x64-musl']).toEqual({
    version: '2.0.0',
    cpu: ['x64'],
    libc: ['musl'],
    os: ['linux'],
    dev: true,
    optional: true,
  });
  const below = completed({ packages: { 'node_modules/@t/binding-linux-x64-musl': old, 'node_modules/tool': tool } });
  expect(below.packages['node_modules/tool/node_modules/@t/binding-linux-x64-musl']).toMatchObject({
    version: '2.0.0',
  });
  const nested = {
    packages: {
      'node_modules/a/node_modules/tool': tool,
      'node_modules/@t/binding-linux-x64-musl': { version: '2.0.0' },
    },
  };
  expect(missingOptionals(nested)).toEqual([]);
});
