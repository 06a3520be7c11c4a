import { describe, expect, test } from 'vitest';
import { familiarReference, parseReference, printReference, withDefaultTag } from '../../../core/oci/reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

test.each([
  ['debian', 'docker.io/library/debian', 'debian'],
  ['debian:12', 'docker.io/library/debian:12', 'debian:12'],
  [`debian@${digest}`, `docker.io/library/debian@${digest}`, `debian@${digest}`],
  [`debian:12@${digest}`, `docker.io/library/debian:12@${digest}`, `debian:12@${digest}`],
  ['team/app', 'docker.io/team/app', 'team/app'],
  ['library/debian', 'docker.io/library/debian', 'debian'],
  ['docker.io/debian', 'docker.io/library/debian', 'debian'],
  ['index.docker.io/team/app', 'docker.io/team/app', 'team/app'],
  ['docker.io/library/a/b', 'docker.io/library/a/b', 'library/a/b'],
  ['ghcr.io/team/app:v1.2_3', 'ghcr.io/team/app:v1.2_3', 'ghcr.io/team/app:v1.2_3'],
  ['localhost/app', 'localhost/app', 'localhost/app'],
  ['localhost:5000/app:x', 'localhost:5000/app:x', 'localhost:5000/app:x'],
  ['host:5000/a/b', 'host:5000/a/b', 'host:5000/a/b'],
  ['HOST/app', 'HOST/app', 'HOST/app'],
  ['[::1]:5000/app', '[::1]:5000/app', '[::1]:5000/app'],
  ['a.b-c.d/x__y/z-.w'.replace('-.', '--'), 'a.b-c.d/x__y/z--w', 'a.b-c.d/x__y/z--w'],
  ['localhost', 'docker.io/library/localhost', 'localhost'],
  ['app:5000', 'docker.io/library/app:5000', 'app:5000'],
])('%s means %s', (text, full, familiar) => {
  const reference = parseReference(text);
  expect(printReference(reference)).toBe(full);
  expect(familiarReference(reference)).toBe(familiar);
  expect(parseReference(full)).toEqual(reference);
  expect(parseReference(familiar)).toEqual(reference);
});

describe('what is no reference says why', () => {
  test.each([
    ['', 'it is empty'],
    [' debian', 'it has blanks around it'],
    ['https://ghcr.io/team/app', 'it is a URL'],
    ['Debian', 'repository names are lower case'],
    ['ghcr.io/Team/app', 'repository names are lower case'],
    ['team/app:', '"" is no tag'],
    ['team/app:-x', '"-x" is no tag'],
    [`team/app:${'x'.repeat(129)}`, 'is no tag'],
    ['a:b:c', '"b:c" is no tag'],
    ['team/app@sha256:abc', 'no sha256 digest'],
    [`team/app@sha512:${'0'.repeat(128)}`, 'no sha256 digest'],
    ['team//app', 'is no repository'],
    ['team/app/', 'is no repository'],
    ['/app', 'is no repository'],
    ['team/.app', 'is no repository'],
    ['team/a..b', 'is no repository'],
    ['team/a___b', 'is no repository'],
    ['../app', 'is no registry host'],
    ['-x.io/app', 'is no registry host'],
    ['host:99999/app', 'is no registry host'],
    ['host:/app', 'is no registry host'],
    ['a'.repeat(256), 'more than 255'],
    ['f'.repeat(64), 'the id of an image'],
  ])('%s', (text, reason) => {
    expect(() => parseReference(text)).toThrow(reason);
  });
});

test('latest stands in for a name alone', () => {
  const tagged = (text: string): string => printReference(withDefaultTag(parseReference(text)));
  expect(tagged('debian')).toBe('docker.io/library/debian:latest');
  expect(tagged('debian:12')).toBe('docker.io/library/debian:12');
  expect(tagged(`debian@${digest}`)).toBe(`docker.io/library/debian@${digest}`);
});
