import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../cli/arguments.ts';
import { commands } from '../../cli/commands.ts';
import { isContext } from '../../cli/requests.ts';
import { helpFlag } from '../../cli/flags.ts';
import type { Invocation } from '../../cli/command.ts';

const parse = (...argv: readonly string[]): Invocation => {
  const parsed = parseArguments(argv);
  if (!('command' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
};

test('values, lists, switches and words, in every spelling', () => {
  const it = parse('build', '-f', 'x', 'api', '--tag=a', '-tb', '--no-cache', '--push=false', '--', '--odd');
  expect(it.text('file')).toBe('x');
  expect(it.list('tag')).toEqual(['a', 'b']);
  expect([it.on('no-cache'), it.on('push'), it.on('quiet')]).toEqual([true, false, false]);
  expect(it.words).toEqual(['api', '--odd']);
  expect(parse('build', '-').words).toEqual(['-']);
});

describe('run hands on what is not its own', () => {
  test.each([
    [['run', '-e', 'A=1', 'app', 'ls', '-l', '--rm'], ['app'], ['ls', '-l', '--rm']],
    [['run', '--rm', 'app', '--', 'ls'], ['app'], ['ls']],
    [['run', 'app', '--help'], ['app'], ['--help']],
    [['run', 'app'], ['app'], []],
  ])('%j', (argv, words, rest) => {
    const it = parse(...argv);
    expect([it.words, it.rest]).toEqual([words, rest]);
  });
});

test.each([
  ['.', true],
  ['..', true],
  ['-', true],
  ['./app', true],
  ['services/api', true],
  ['/abs', true],
  ['.#:part', true],
  ['https://x.example/a.git#main', true],
  ['git@x.example:a.git', true],
  ['api', false],
  ['my-image.v2', false],
])('%s is a context: %s', (word, expected) => {
  expect(isContext(word)).toBe(expected);
});

test('no command has two flags of one name or letter; every flag says what it is for', () => {
  for (const { name, flags } of commands) {
    const all = [...flags, helpFlag];
    const names = all.flatMap((flag) => [flag.name, flag.short ?? flag.name.toUpperCase()]);
    expect(new Set(names).size, name).toBe(names.length);
    expect(
      all.filter(({ about }) => about === ''),
      name,
    ).toEqual([]);
  }
});

test('every command of the table can be loaded', async () => {
  for (const command of commands) expect(typeof (await command.load()).run).toBe('function');
});
