import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../core/base/bytes.ts';
import { compileGlob } from '../../core/dockerfile/index.ts';

function matches(pattern: string, path: string): boolean {
  const { components } = compileGlob(fromUtf8(pattern));
  const names = path.split('/').map(fromUtf8);
  return names.length === components.length && components.every((component, at) => component.matches(names[at]!));
}

/** The table of Go's own tests of `filepath.Match`. */
test.each([
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^b-d]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b*', 'a*b', true],
  ['a\\*b*', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['a[^a][^a][^a]b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['a*b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', '-', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'x', true],
  ['[\\-x]', 'a', false],
  ['*x', 'xxx', true],
  ['[z-a]', 'm', false],
  ['[[]x', '[x', true],
  ['**', 'ab', true],
  ['a/**', 'a/b/c', false],
  ['*.tar.gz', '😀.tar.gz', true],
  ['?', '😀', true],
])('%s on %s: %s', (pattern, path, expected) => {
  expect(matches(pattern, path)).toBe(expected);
});

test.each(['[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[', '[^', '[^bc', 'a[', '*\\', 'ok/*/['])(
  '%s is malformed',
  (text) => {
    expect(() => compileGlob(text)).toThrow(expect.objectContaining({ code: 'PATTERN_MALFORMED' }));
  },
);

describe('parts', () => {
  test('a path without wildcards is literal, backslashes and all', () => {
    const { literal, components } = compileGlob('/a\\b/c\\*d/');
    expect(literal).toBe(true);
    expect(components.map((component) => component.literal)).toEqual(['a\\b', 'c\\*d']);
    expect(components[1]!.matches('c\\*d')).toBe(true);
  });

  test('from the first wildcard on a backslash escapes', () => {
    const { literal, components } = compileGlob('a\\b/*/c\\*d');
    expect(literal).toBe(false);
    expect(components.map((component) => component.literal)).toEqual(['a\\b', undefined, 'c*d']);
  });

  test('dots are resolved and do not climb out', () => {
    expect(compileGlob('./../a/./b/../c//').components.map((component) => component.literal)).toEqual(['a', 'c']);
    expect(compileGlob('/').components).toEqual([]);
    expect(compileGlob('.').literal).toBe(true);
  });

  test('bytes that are no UTF-8 match as they are', () => {
    expect(compileGlob('\xff').components[0]!.matches('\xff')).toBe(true);
    expect(compileGlob('a?c').components[0]!.matches('a\xffc')).toBe(true);
  });
});

test('no pattern is slow', () => {
  const started = performance.now();
  expect(matches(`${'*a'.repeat(30)}b`, 'a'.repeat(255))).toBe(false);
  expect(performance.now() - started).toBeLessThan(200);
});
