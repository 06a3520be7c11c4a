import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../../core/base/bytes.ts';
import type { ImagePath } from '../../../core/base/brand.ts';
import { pathPatterns } from '../../../core/rootfs/path-patterns.ts';

const at = (path: string): ImagePath => fromUtf8(path) as string as ImagePath;

describe('paths that patterns name', () => {
  test.each([
    [['src'], '', ['/src', '/src/a', '/src/a/b'], ['/srcs', '/a/src']],
    [['src/**'], '', ['/src/a', '/src/a/b'], ['/src', '/srcs/a']],
    [['target/*.jar'], '', ['/target/a.jar'], ['/target/a/b.jar', '/target/a.war', '/target']],
    [['**/*.ts'], '', ['/a.ts', '/b/c.ts'], ['/a.tsx']],
    [['.'], '', ['/a', '/b/c'], []],
    [['.', '!docs', '!**/*.md', 'docs/keep.md'], '', ['/a', '/docs/keep.md'], ['/docs', '/docs/x', '/a.md']],
    [['./a/', 'b/../c'], '', ['/a', '/a/x', '/c'], ['/b']],
    [['gen', '!gen/tmp'], 'apps/web', ['/apps/web/gen/x'], ['/gen/x', '/apps/web/gen/tmp/y']],
    [['../proto/**'], 'apps/web', ['/apps/proto/x'], ['/proto/x']],
    [['x'], 'apps/[id]', ['/apps/[id]/x'], ['/apps/i/x']],
    [['.'], 'apps', ['/apps/x', '/apps'], ['/x', '/app']],
    [['ü*'], '', ['/über'], ['/uber']],
    [[], '', [], ['/a']],
  ] as const)('%j below "%s"', (written, base, named, others) => {
    const patterns = pathPatterns(written, base);
    expect(named.filter((path) => !patterns.matches(at(path)))).toEqual([]);
    expect(others.filter((path) => patterns.matches(at(path)))).toEqual([]);
    // Whoever walks gets to all of them.
    for (const path of named)
      for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1))
        expect(patterns.reaches(at(path.slice(0, cut))), path.slice(0, cut)).toBe(true);
  });
});

test('directories that cannot hold what is named are not walked', () => {
  const patterns = pathPatterns(['src/**/*.ts', 'gen', '!gen/node_modules']);
  const walked = ['/src', '/src/a', '/gen', '/gen/a', '/other', '/gen/node_modules', '/gen/node_modules/x'];
  expect(walked.filter((path) => patterns.reaches(at(path)))).toEqual(['/src', '/src/a', '/gen', '/gen/a']);
  expect(pathPatterns(['.', '!a', 'a/b']).reaches(at('/a'))).toBe(true);
});

test('what is covered as a whole is so without exceptions', () => {
  expect([pathPatterns(['gen']).covers(at('/gen/x')), pathPatterns(['gen', '!gen/y']).covers(at('/gen/x'))]).toEqual([
    true,
    false,
  ]);
});

test('it is told which patterns name a path', () => {
  const patterns = pathPatterns(['a', '!a/b', 'a/*']);
  expect([patterns.wanted, patterns.naming(at('/a')), patterns.naming(at('/a/c'))]).toEqual([
    ['a', 'a/*'],
    [0],
    [0, 1],
  ]);
});

test.each([
  ['..', ''],
  ['../../x', 'a'],
  ['/a', ''],
  ['[b-a]', ''],
  ['a\\', ''],
])('%s below "%s" is refused', (pattern, base) => {
  expect(() => pathPatterns([pattern], base)).toThrow(
    expect.objectContaining({
      code: 'PREBUILD_PATTERN_INVALID',
      facts: expect.objectContaining({ pattern }) as object,
    }),
  );
});
