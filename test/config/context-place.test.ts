import { mkdir, writeFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { isRemote, located } from '../../core/config/context-place.ts';
import { tempDir } from '../support/temp-dir.ts';

let cwd = '';

beforeAll(async () => {
  const directory = await tempDir('context-place');
  cwd = directory.at('');
  await mkdir(directory.at('app/api'), { recursive: true });
  await mkdir(directory.at('odd#:name'));
  await writeFile(directory.at('app.tar'), '');
  return async () => directory[Symbol.asyncDispose]();
});

const at = (location: string) => located(location, (path) => path, cwd);

test.each([
  ['app', { location: 'app' }],
  ['app#:api', { location: 'app', subdirectory: 'api' }],
  ['app#:', { location: 'app' }],
  ['.#:app', { location: '.', subdirectory: 'app' }],
  ['dir://app#:api', { location: 'app', subdirectory: 'api' }],
  ['odd#:name', { location: 'odd#:name' }],
  ['app.tar', { location: 'tar://app.tar' }],
  ['app.tar#:api', { location: 'tar://app.tar#:api' }],
  ['https://h.example/a.tar#:api', { location: 'https://h.example/a.tar#:api' }],
])('%s is opened as %j', (location, expected) => {
  expect(at(location)).toEqual(expected);
});

test('a URL of a folder has a part, or is that of a repository', () => {
  expect(at(`file://${cwd}app#:a%20b`)).toEqual({ location: `${cwd}app`, subdirectory: 'a b' });
  expect(at('file:///srv/app#main')).toEqual({ location: 'git+file:///srv/app#main' });
  expect(
    ['file:///srv/app', 'file:///srv/app#:api', 'file:///srv/app#main', 'file:///srv/a.git'].map(isRemote),
  ).toEqual([false, false, true, true]);
});
