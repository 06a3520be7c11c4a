/** What a location and its settings ask for, before anybody is asked. */
import { describe, expect, test } from 'vitest';
import type { BuildError, ContextRequest } from '../../../core/index.ts';
import { splitLocation } from '../../../core/phases/context-location.ts';
import { gitContext } from '../../../plugins/git-context/index.ts';
import { isRepository } from '../../../plugins/git-context/location.ts';
import { resolveUrl } from '../../../plugins/git-context/submodule-url.ts';
import { readWanted } from '../../../plugins/git-context/wanted.ts';

type Settings = Readonly<Record<string, string>>;

const requestOf = (location: string, settings: Settings = {}): ContextRequest => ({
  ...splitLocation(location),
  options: Object.entries(settings).map(([name, value]) => [name.includes('.') ? name : `git.${name}`, value] as const),
});

const wanted = (location: string, settings: Settings = {}, env: Settings = {}) =>
  readWanted(requestOf(location, settings), { env } as never);

const told = (location: string, settings: Settings = {}, env: Settings = {}) => {
  const { location: where, ref, commit, checksum, subdir } = wanted(location, settings, env);
  const said = [
    ref && `${ref.kind}:${ref.name}`,
    commit && `@${commit}`,
    checksum && `=${checksum}`,
    subdir && `/${subdir}`,
  ];
  return [where.remote.url, ...said.filter(Boolean)].join(' ');
};

const code = (location: string, settings: Settings = {}, env: Settings = {}): string => {
  try {
    return `no problem: ${told(location, settings, env)}`;
  } catch (error) {
    return (error as BuildError).code.replace('git-context/', '');
  }
};

const sha = '0123456789abcdef0123456789abcdef01234567';

test.each([
  // kaniko
  ['git://host/team/x.git', 'https://host/team/x.git'],
  ['git://host/x.git#refs/heads/b', 'https://host/x.git name:refs/heads/b'],
  [`git://host/x.git#refs/heads/b#${sha}`, `https://host/x.git name:refs/heads/b @${sha}`],
  [`git://host/x.git#${sha}`, `https://host/x.git @${sha}`],
  ['git://tok3n@host/x.git', 'https://host/x.git'],
  // BuildKit
  ['https://host/x.git#main', 'https://host/x.git name:main'],
  ['https://host/x.git#main:a/b', 'https://host/x.git name:main /a/b'],
  ['https://host/x.git#v1:/a/./b/', 'https://host/x.git name:v1 /a/b'],
  ['https://user:secret@host:8443/x.git', 'https://host:8443/x.git'],
  ['https://host/x.git?branch=b&subdir=s', 'https://host/x.git branch:b /s'],
  ['https://host/x.git?tag=t&checksum=0123456', 'https://host/x.git tag:t =0123456'],
  ['https://host/x.git?branch=b&commit=0123456', 'https://host/x.git branch:b =0123456'],
  [`https://host/x.git?commit=${sha}`, `https://host/x.git @${sha}`],
  [`https://host/x.git?branch=b&commit=${sha}&fetch-by-commit=true`, `https://host/x.git @${sha}`],
  [`https://host/x.git?branch=b&commit=${sha}&fetch-by-commit=0`, `https://host/x.git branch:b =${sha}`],
  ['https://host/x.git?ref=refs/pull/1/head', 'https://host/x.git name:refs/pull/1/head'],
  ['git@host:team/x.git#main:sub', 'git@host:team/x.git name:main /sub'],
  ['ssh://git@host:22/x.git#main', 'ssh://git@host:22/x.git name:main'],
  ['git+ssh://git@host/x.git', 'ssh://git@host/x.git'],
  ['git+https://github.com/org/app#main', 'https://github.com/org/app name:main'],
  ['git+http://host/x', 'http://host/x'],
  ['git+file:///srv/x.git#main', 'file:///srv/x.git name:main'],
  ['https://host/x.git#a%2Fb%20', 'https://host/x.git name:a/b '],
  ['https://host/x.git#100%', 'https://host/x.git name:100%'],
])('%s', (location, expected) => {
  expect(told(location)).toBe(expected);
});

test('settings say the same as locations, and git:// is read as told', () => {
  expect(told('https://host/x.git', { branch: 'b', subdir: './s/' })).toBe('https://host/x.git branch:b /s');
  expect(told('https://host/x.git#b', { ref: 'b' })).toBe('https://host/x.git name:b');
  expect(told('https://host/x.git', { checksum: sha })).toBe(`https://host/x.git @${sha}`);
  expect(told('https://host/x.git', { commit: sha.slice(0, 9), checksum: sha })).toBe(`https://host/x.git @${sha}`);
  expect(told('git://host/x.git', { 'pull-method': 'git' })).toBe('git://host/x.git');
  expect(told('git://host/x.git', {}, { GIT_PULL_METHOD: 'http' })).toBe('http://host/x.git');
  expect(told('ssh://host/x.git', { username: 'me' })).toBe('ssh://me@host/x.git');
  expect(wanted('https://host/x.git?keep-git-dir&submodules=false', { depth: '0', lfs: '' })).toMatchObject({
    keepGitDir: true,
    submodules: false,
    depth: 0,
    lfs: true,
    mtime: 'commit',
  });
});

describe('contradictions are refused', () => {
  test.each<[string, Settings]>([
    ['https://host/x.git', { branch: 'a', tag: 'b' }],
    ['https://host/x.git#a', { branch: 'a' }],
    ['https://host/x.git?branch=a&tag=a', {}],
    ['https://host/x.git?branch=a#b', {}],
    ['https://host/x.git?branch=a&fetch-by-commit=1', {}],
    ['https://host/x.git?branch=a&commit=0123456&fetch-by-commit=1', {}],
    ['https://host/x.git#a:s', { subdir: 't' }],
    [`https://host/x.git#${sha}`, { commit: '7654321' }],
    ['https://host/x.git', { commit: '0123456', checksum: '7654321' }],
    ['https://host/x.git', { 'keep-git-dir': 'true', subdir: 's' }],
    ['https://host/x.git?submodules=false', { 'recurse-submodules': 'true' }],
    ['https://host/x.git', { 'password-env': 'A', 'token-env': 'B' }],
    ['https://u:p@host/x.git', { 'token-env': 'B' }],
    ['https://host/x.git', { auth: 'bearer', 'password-env': 'A' }],
    ['https://host/x.git', { auth: 'bearer', username: 'A', 'token-env': 'B' }],
    ['https://host/x.git', { key: 'k' }],
    ['https://host/x.git', { 'ssh-key': 'k' }],
    ['ssh://git@host/x.git', { 'token-env': 'B' }],
    ['git+file:///x.git', { ca: 'B' }],
    ['https://host/x.git', { 'pull-method': 'git' }],
    ['ssh://you@host/x.git', { username: 'me' }],
  ])('%s %j', (location, settings) => {
    expect(code(location, settings)).toBe('SETTINGS_CONTRADICT');
  });
});

test.each<[string, Settings, string]>([
  ['https://host/x.git', { brnch: 'a' }, 'SETTING_UNKNOWN'],
  ['https://host/x.git', { constructor: 'a' }, 'SETTING_UNKNOWN'],
  ['https://host/x.git?x=1', {}, 'SETTING_UNKNOWN'],
  ['https://host/x.git', { 'http.token-env': 'A' }, 'SETTING_FOREIGN'],
  ['https://host/x.git', { depth: '-1' }, 'SETTING_INVALID'],
  ['https://host/x.git', { timeout: '0' }, 'SETTING_INVALID'],
  ['https://host/x.git', { lfs: 'perhaps' }, 'SETTING_INVALID'],
  ['https://host/x.git', { auth: 'digest' }, 'SETTING_INVALID'],
  ['https://host/x.git', { commit: 'main' }, 'SETTING_INVALID'],
  ['https://host/x.git?mtime=now', {}, 'SETTING_INVALID'],
  ['https://host/x.git#main:../up', {}, 'SETTING_INVALID'],
  ['https://host/x.git#a#0123456#c', {}, 'LOCATION_INVALID'],
  ['ssh://git:secret@host/x.git', {}, 'LOCATION_INVALID'],
  ['ssh://-oProxyCommand=x/x.git', {}, 'LOCATION_INVALID'],
  ['git@host:-x', {}, 'LOCATION_INVALID'],
  ['https:///x.git', {}, 'LOCATION_INVALID'],
  ['https://host', { branch: 'a' }, 'LOCATION_INVALID'],
  ['git+file://host/x.git', {}, 'LOCATION_INVALID'],
  ['git+ext://host/x.git', {}, 'LOCATION_INVALID'],
])('%s %j is %s', (location, settings, expected) => {
  expect(code(location, settings)).toBe(expected);
});

test('a pull method that is none is refused', () => {
  expect(code('git://host/x.git', {}, { GIT_PULL_METHOD: 'ftp' })).toBe('SETTING_INVALID');
});

test('repositories are told from archives', () => {
  const repositories = ['/x.git', '/x.git/', '/x.git?branch=a', '/x#main', '/x?ref=a&subdir=b', '/x.tar#main:sub'];
  const others = [
    '/x.tar.gz',
    '/x.tar.gz?ref=main',
    '/raw/Dockerfile?ref=main',
    '/x',
    '/x?token=1',
    '/x?ref=a&token=1',
  ];
  expect(repositories.filter((path) => !isRepository(`https://host${path}`))).toEqual([]);
  expect(others.filter((path) => isRepository(`https://host${path}`))).toEqual([]);
  const takes = (location: string, settings: Settings = {}) =>
    gitContext().contexts![0]!.takes!(requestOf(location, settings));
  expect(takes('https://host/x', { branch: 'main' })).toBe(true);
  expect(takes('https://host/x.tar', { 'http.token-env': 'T' })).toBe(false);
  expect(takes('git@host:x')).toBe(true);
});

test('addresses of submodules are seen from the repository around them', () => {
  const cases = [
    ['../lib.git', 'https://host/team/app.git', 'https://host/team/lib.git'],
    ['./lib.git', 'https://host/team/app.git', 'https://host/team/app.git/lib.git'],
    ['../../other/lib', 'ssh://git@host/team/app.git', 'ssh://git@host/other/lib'],
    ['../lib.git', 'git@host:team/app.git', 'git@host:team/lib.git'],
    ['../../../../x', 'https://host/team/app.git', '../../../../x'],
    ['https://other/x.git', 'https://host/team/app.git', 'https://other/x.git'],
    ['../lib.git', 'file:///srv/app.git', 'file:///srv/lib.git'],
  ] as const;
  expect(cases.map(([url, parent]) => resolveUrl(url, parent))).toEqual(cases.map(([, , whole]) => whole));
});
