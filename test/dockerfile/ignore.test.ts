import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../core/base/bytes.ts';
import { excludeRules, parseIgnore } from '../../core/dockerfile/index.ts';
import { placeText, sourceOf } from './reduce.ts';

const rules = (...lines: string[]) => parseIgnore(sourceOf(lines.join('\n'), '.dockerignore'));
const ignores = (pattern: string, path: string): boolean => rules(pattern).ignores(fromUtf8(path));

/** `exact`: matches the path itself. `above`: matches a directory above it, which excludes it too. */
describe('one pattern', () => {
  test.each([
    ['*', 'file', true],
    ['**', 'file', true],
    ['**/', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'dir/file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'dir', false],
    ['dir/**', 'dir/dir2/file', true],
    ['**/dir', 'dir', true],
    ['**/dir', 'dir/file', true],
    ['**/dir', 'a/b/dir', true],
    ['**/dir', 'adir', false],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/*', 'dir/dir2', false],
    ['**/dir2/**', 'dir/dir2/dir3/file', true],
    ['**file', 'file', true],
    ['**file', 'dir/file', true],
    ['**file', 'dir/dir/file', true],
    ['**file', 'dir/afile', true],
    ['**/file', 'dir/file', true],
    ['**/file', 'dir/afile', false],
    ['**/file', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file', true],
    ['**/file*', 'dir/dir/file.txt', true],
    ['**/file*txt', 'dir/dir/file.txt', true],
    ['**/file*.txt', 'dir/dir/file.txt', true],
    ['**/file*.txt*', 'dir/dir/file.txt', true],
    ['**/**/*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['**/*.txt', 'file.txt', true],
    ['**/**/*.txt', 'file.txt', true],
    ['a**/*.txt', 'a/file.txt', true],
    ['a**/*.txt', 'a/dir/file.txt', true],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a/*.txt', 'a/dir/file.txt', false],
    ['a/*.txt', 'a/file.txt', true],
    ['a/*.txt**', 'a/file.txt', true],
    ['a[b-d]e', 'ae', false],
    ['a[b-d]e', 'ace', true],
    ['a[b-d]e', 'aae', false],
    ['a[^b-d]e', 'aze', true],
    ['a[^b-d]e', 'ace', false],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abc.def', true],
    ['abc.def', 'abcZdef', false],
    ['abc?def', 'abcZdef', true],
    ['abc?def', 'abcdef', false],
    ['**/foo/bar', 'foo/bar', true],
    ['**/foo/bar', 'dir/foo/bar', true],
    ['**/foo/bar', 'dir/dir2/foo/bar', true],
    ['abc/**', 'abc', false],
    ['abc/**', 'abc/def', true],
    ['abc/**', 'abc/def/ghi', true],
    ['**/.foo', '.foo', true],
    ['**/.foo', 'bar.foo', false],
    ['a(b)c/def', 'a(b)c/def', true],
    ['a(b)c/def', 'a(b)c/xyz', false],
    ['a.|)$(}+{bc', 'a.|)$(}+{bc', true],
    ['dist/a-2.4.0rc3+g08-any.whl', 'dist/a-2.4.0rc3+g08-any.whl', true],
    ['dist/*.whl', 'dist/a-2.4.0rc3+g08-any.whl', true],
    ['a\\\\', 'a\\', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['a*', 'ab/c', true],
    ['a*/b', 'abc/b', true],
    ['a*/b', 'a/c/b', false],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
    ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
    ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['a?b', 'a☺b', true],
    ['a[^a]b', 'a☺b', true],
    ['a???b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['a?b', 'a/b', false],
    ['a*b', 'a/b', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', '-', true],
    ['[\\-x]', 'a', false],
    ['*x', 'xxx', true],
    ['a^b*', 'a^bc', true],
    ['grüße/*', 'grüße/x', true],
    ['docs', 'docs/a/b/c', true],
    ['docs', 'mydocs', false],
    ['docs/', 'docs/a', true],
    ['/docs', 'docs', true],
    ['/docs/../src', 'src', true],
    ['./a//b/.', 'a/b', true],
    ['  spaced  ', 'spaced', true],
    ['with space', 'with space', true],
    ['.', 'a', false],
    ['/', 'a', false],
    ['..', 'a', false],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(ignores(pattern, path)).toBe(expected);
  });

  test('the root itself is never excluded', () => {
    expect(rules('*').ignores('.')).toBe(false);
    expect(rules('**').ignores('')).toBe(false);
  });

  test('names that are no UTF-8 still have an end and a beginning', () => {
    expect(rules('*.txt').ignores('\xff\xfe.txt')).toBe(true);
    expect(rules('\ufffd*').ignores('a\xff')).toBe(false);
  });
});

describe('order', () => {
  test.each([
    [['*.go', '!a.go'], 'a.go', false],
    [['!a.go', '*.go'], 'a.go', true],
    [['docs', '!docs/README.md'], 'docs/README.md', false],
    [['docs', '!docs/README.md'], 'docs/other', true],
    [['docs/', '!docs/README.md'], 'docs/README.md', false],
    [['docs/*', '!docs/README.md'], 'docs/README.md', false],
    [['**', '!util/docker/web'], 'util/docker/web/foo', false],
    [['**', '!util/docker/web'], 'util/docker/x', true],
    [['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/foo', true],
    [['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/bar', false],
    [['*', '!a', 'a/b'], 'a/b', true],
    [['*', '!a', 'a/b', '!a/b/c'], 'a/b/c', false],
    [['a', '!a'], 'a/b', false],
    // What comes back by a rule that did not matter for the directory does not come back below it.
    [['a/b', '!a'], 'a/b', true],
    [['! a', '*'], 'a', true],
    [['*', '! a '], 'a', false],
  ])('%j on %s: %s', (lines, path, expected) => {
    expect(rules(...lines).ignores(path)).toBe(expected);
    // The same whether or not the directories above were asked before.
    const walked = rules(...lines);
    for (const [at, char] of Array.from(path).entries()) if (char === '/') walked.ignores(path.slice(0, at));
    expect(walked.ignores(path)).toBe(expected);
  });
});

describe('lines', () => {
  test('comments only in the first column, blank lines, a byte-order mark, CRLF', () => {
    const matcher = rules('\ufeff# comment\r', '', '   ', ' # no comment\r', 'b\r', '#c');
    expect(['# comment', '# no comment', 'b', '#c', 'c'].map((path) => matcher.ignores(path))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test('an empty file has no rule', () => {
    expect(rules('', '# x').empty).toBe(true);
    expect(rules('x').empty).toBe(false);
    expect(rules('').mayHoldIncluded('a')).toBe(true);
  });

  test('the reason is the line that decided', () => {
    const matcher = rules('# first', 'a', '!a/b', '  a/b/c  ');
    expect(
      ['a', 'a/x', 'a/b', 'a/b/c/d'].map((path) => matcher.reason(path) && placeText(matcher.reason(path)!)),
    ).toEqual(['2:1-2:2', '2:1-2:2', undefined, '4:3-4:8']);
  });
});

describe('mistakes', () => {
  test.each([
    ['!', 'a pattern is missing after "!"'],
    ['! ', 'a pattern is missing after "!"'],
    ['[', 'a [ is not closed'],
    ['a[', 'a [ is not closed'],
    ['[^', 'a [ is not closed'],
    ['[^bc', 'a [ is not closed'],
    ['[]a]', 'inside [ ] a "-" or "]" of its own needs a backslash'],
    ['[-]', 'inside [ ] a "-" or "]" of its own needs a backslash'],
    ['[x-]', 'inside [ ] a "-" or "]" of its own needs a backslash'],
    ['[-x]', 'inside [ ] a "-" or "]" of its own needs a backslash'],
    ['[a-b-c]', 'inside [ ] a "-" or "]" of its own needs a backslash'],
    ['[z-a]', 'a range runs backwards'],
    ['a\\', 'the backslash at its end escapes nothing'],
    ['!a[', 'a [ is not closed'],
  ])('%s', (line, reason) => {
    expect(() => rules('ok', line)).toThrow(
      expect.objectContaining({
        code: 'IGNORE_RULE_INVALID',
        message: `"${line.trim()}" is no rule: ${reason}.`,
        where: { at: expect.objectContaining({ start: 3, end: 3 + line.trim().length }) as unknown },
      }),
    );
  });
});

describe('directories that must be walked though they are excluded', () => {
  test.each([
    [['a'], 'a', false],
    [['a', '!b'], 'a', false],
    [['a', '!a/b'], 'a', true],
    [['!a/b', 'a'], 'a', false],
    [['*', '!a/b/c'], 'a', true],
    [['*', '!a/b/c'], 'a/b', true],
    [['*', '!a/b/c'], 'a/x', false],
    [['*', '!a/b/c'], 'x', false],
    [['*', '!**/c'], 'x/y', true],
    [['*', '!a/**/c'], 'a/y/z', true],
    [['*', '!a/**/c'], 'b', false],
    [['*', '!*/c'], 'b', true],
    [['*', '!*/c'], 'b/d', false],
    [['*', '!a?/c'], 'ab', true],
    [['*', '!a?/c'], 'b', false],
    [['*', '!a[^x]c/d'], 'a', true],
    [['*', '!a\\*/d'], 'a*', true],
    [['*', '!a\\*/d'], 'ab', false],
    [['b'], 'a', true],
    [['a/b', '!a'], 'a/b', false],
  ])('%j, %s: %s', (lines, dir, expected) => {
    expect(rules(...lines).mayHoldIncluded(dir)).toBe(expected);
  });
});

describe('excludes of COPY', () => {
  const words = (...texts: string[]) =>
    texts.map((text) => ({ text, span: { source: sourceOf(text), start: 0, end: text.length } }));

  test('read as the lines of an ignore file, but a leading slash stays and # is a name', () => {
    const matcher = excludeRules(words('*.txt', '!keep.txt', '/abs', '#x', ' '));
    expect(['a.txt', 'keep.txt', 'abs', '#x'].map((path) => matcher.ignores(path))).toEqual([true, false, false, true]);
  });
});

test('a large tree is quick to judge', () => {
  const matcher = rules(
    'node_modules',
    '**/*.log',
    '.git',
    'dist/**',
    '!dist/keep',
    'a*b?c/**/[x-z]*',
    '**/tmp',
    '*.md',
  );
  const started = performance.now();
  let ignored = 0;
  for (let dir = 0; dir < 200; dir++)
    for (let file = 0; file < 500; file++) if (matcher.ignores(`src/module${dir}/lib/file${file}.ts`)) ignored++;
  expect(ignored).toBe(0);
  // 100,000 paths.
  expect(performance.now() - started).toBeLessThan(1500);
});
