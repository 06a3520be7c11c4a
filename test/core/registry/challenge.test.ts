import { expect, test } from 'vitest';
import { parseChallenges } from '../../../core/registry/challenge.ts';

const parsed = (header: string | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each([
  ['Basic realm="test"', [['basic', { realm: 'test' }]]],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' },
      ],
    ],
  ],
  ['Bearer  realm = "x" , error="insufficient_scope"', [['bearer', { realm: 'x', error: 'insufficient_scope' }]]],
  [
    'bearer realm=https://auth.example/token,service=x',
    [['bearer', { realm: 'https://auth.example/token', service: 'x' }]],
  ],
  ['Basic realm="a \\"quoted\\" name, with comma"', [['basic', { realm: 'a "quoted" name, with comma' }]]],
  [
    'Negotiate, Basic realm="x", Bearer realm="y"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y' }],
    ],
  ],
  ['Basic', [['basic', {}]]],
  ['Bearer realm="never closed', [['bearer', { realm: 'never closed' }]]],
  ['', []],
  [undefined, []],
  ['"', []],
] as const)('reads %s', (header, expected) => {
  expect(parsed(header)).toEqual(expected);
});

test('a hostile header ends', () => {
  expect(parsed('='.repeat(10_000))).toEqual([]);
  expect(parsed('a=b,'.repeat(10_000)).length).toBeLessThanOrEqual(1);
});
