import { describe, expect, test } from 'vitest';
import { BuildError } from '../../core/base/errors.ts';
import { expandHeredoc, expandWord, expandWords, type Scope } from '../../core/dockerfile/index.ts';
import { sourceOf } from './reduce.ts';

const scopeOf = (values: Readonly<Record<string, string>>): Scope => ({
  get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined),
  names: () => Object.keys(values),
});
const full = scopeOf({ set: 'value', empty: '', w: 'word', PWD: '/home', KOREAN: '한국어', ünï: 'code' });
const expand = (text: string, scope = full, escape = '\\'): string => expandWord(text, scope, escape).text;

/** The problem's code and message, so that a table can hold successes and failures. */
function outcome(text: string, scope = full, escape = '\\'): string {
  try {
    return expand(text, scope, escape);
  } catch (error) {
    if (BuildError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('operators by state of the variable', () => {
  /** By operator: what a set, an empty and an unset variable give. */
  test.each([
    ['${NAME}', 'value', '', ''],
    ['${NAME:-$w}', 'value', 'word', 'word'],
    ['${NAME-$w}', 'value', '', 'word'],
    ['${NAME:+$w}', 'word', '', ''],
    ['${NAME+$w}', 'word', 'word', ''],
    ['${NAME:?no $w}', 'value', 'VARIABLE_REQUIRED: empty: no word', 'VARIABLE_REQUIRED: unset: no word'],
    ['${NAME?no $w}', 'value', '', 'VARIABLE_REQUIRED: unset: no word'],
    [
      '${NAME:?}',
      'value',
      'VARIABLE_REQUIRED: empty: is not allowed to be empty',
      'VARIABLE_REQUIRED: unset: is not allowed to be unset',
    ],
    ['${NAME?}', 'value', '', 'VARIABLE_REQUIRED: unset: is not allowed to be unset'],
    ['${NAME#v}', 'alue', '', ''],
    ['${NAME##*a}', 'lue', '', ''],
    ['${NAME%e}', 'valu', '', ''],
    ['${NAME%%a*}', 'v', '', ''],
    ['${NAME/l/L}', 'vaLue', '', ''],
    ['${NAME//[aeu]/-}', 'value', '', ''],
    ['${NAME//?/-}', '-----', '', ''],
  ])('%s', (form, whenSet, whenEmpty, whenUnset) => {
    const forName = (name: string): string => outcome(form.replace('NAME', name));
    expect([forName('set'), forName('empty'), forName('unset')]).toEqual([whenSet, whenEmpty, whenUnset]);
  });
});

describe('patterns', () => {
  /** Value, word, result. */
  test.each([
    ['()[]{}^$.*?|\\x', '${v#()[]{\\}^$.\\*\\?|\\\\}', 'x'],
    ['xx**', '${v%%\\**}', 'xx'],
    ['xxyy', '${v#*x*y}', 'y'],
    ['xxyy', '${v##*x*y}', ''],
    ['xxyy', '${v#*}', 'xxyy'],
    ['xxyy', '${v##*}', ''],
    ['xxyy', '${v#}', 'xxyy'],
    ['xxyy', '${v##*x}', 'yy'],
    ['xxyy', '${v%y*}', 'xxy'],
    ['xxyy', '${v%%y*}', 'xx'],
    ['???y', '${v#?\\?}', '?y'],
    ['a***yy*', '${v%%\\**\\*}', 'a'],
    ['xxyy', '${v%x}', 'xxyy'],
    ['/a/b.c', '${v##*/}', 'b.c'],
    ['/a/b.c', '${v%/*}', '/a'],
    ['a.tar.gz', '${v%%.*}', 'a'],
    ['/foo*/*/*.txt', '${v/\\*\\//.}', '/foo.*/*.txt'],
    ['/foo*/*/*.txt', '${v//\\*\\//.}', '/foo..*.txt'],
    ['/tmp/foo.txt', '${v//\\//\\/}', '\\/tmp\\/foo.txt'],
    ['/a/foo/b/c.txt', '${v//\\/?\\//\\/}', '\\/foo\\/c.txt'],
    ['abab', '${v/a*b/x}', 'x'],
    ['abc', '${v//*/r}', 'r'],
    ['abc', '${v///-}', '-a-b-c-'],
    ['xxyy', '${v///}', 'xxyy'],
    ['aa', '${v//a/$1$&}', '$&$&'],
    ['한국어', '${v#?}', '국어'],
    ['🖖🚀', '${v%?}', '🖖'],
    ['a\nb', '${v#a?}', 'b'],
    ['\\ab', '${v#"\\a"}', 'b'],
  ])('%s with %s', (value, word, result) => {
    expect(expand(word, scopeOf({ v: value }))).toBe(result);
  });

  test('come from variables too, with their own escapes', () => {
    const scope = scopeOf({ v: '/tmp/tmp/x', needle: '/tmp', wild: '*\\/' });
    expect(expand('${v/$needle/} ${v//$needle/} ${v#$wild}', scope)).toBe('/tmp/x /x tmp/tmp/x');
  });

  test('know the backslash, whatever the escape character', () => {
    expect(expand('${v#`*}', scopeOf({ v: '**' }), '`')).toBe('*');
    expect(expand('${v#\\*}', scopeOf({ v: '**' }), '`')).toBe('*');
    expect(expand('${v##*\\\\}', scopeOf({ v: 'C:\\a\\b' }), '`')).toBe('b');
  });

  test('take time in proportion to the value, however many stars', () => {
    const value = 'a'.repeat(2000);
    const started = performance.now();
    expect(expand(`\${v##${'*a'.repeat(20)}b}`, scopeOf({ v: value }))).toBe(value);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('quotes, escapes, names', () => {
  test.each([
    ['hello', 'hello'],
    ["'$set \\x \"'", '$set \\x "'],
    ['"$set \\" \\$ \\\\ \\x \'a\'"', "value \" $ \\ \\x 'a'"],
    ['a\\b\\$set\\\\\\"\\\'', 'ab$set\\"\''],
    ['dangling\\', 'dangling'],
    ['"dangling\\\\"', 'dangling\\'],
    ['a"b c"d\'e\'', 'ab cde'],
    ['""', ''],
    ['$set$set', 'valuevalue'],
    ['$set.x', 'value.x'],
    ['$setx', ''],
    ['${set}x', 'valuex'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$.', '$.'],
    ['"$"', '$'],
    ['$$set', 'set'],
    ['$@$*$#$?$-$!$0$1$10x', 'x'],
    ['${@}${1}${10}', ''],
    ['$KOREAN ${KOREAN}', '한국어 한국어'],
    ['$ünï', 'code'],
    ['${set:-"a b"}', 'value'],
    ['${no:-"a b"}', 'a b'],
    ["${no:-'$set'}", '$set'],
    ['${no:-$no2}x', 'x'],
    ['${no:-${no2:-${set}}}', 'value'],
    ['${no:-a\\}b}', 'a}b'],
    ['"${no:-\'a\'}"', 'a'],
    ['${set:+-${w}}', '-word'],
    ['한국어', '한국어'],
  ])('%s', (text, result) => {
    expect(outcome(text)).toBe(result);
  });

  test('backtick as escape', () => {
    expect(outcome('C:\\a`$set`` "`"`x"', full, '`')).toBe('C:\\a$set` "`x');
  });
});

describe('mistakes', () => {
  test.each([
    ['${', '"}" is missing'],
    ['${}', 'the name of a variable is missing after "${"'],
    ['${:}', 'the name of a variable is missing after "${"'],
    ['${:-x}', 'the name of a variable is missing after "${"'],
    ['${{x}', 'the name of a variable is missing after "${"'],
    ['${x', '"}" is missing'],
    ['${x:-y', '"}" is missing'],
    ['${x:', '":" is no operator'],
    ['${x:=y}', '":=" is no operator'],
    ['${x=y}', '"=" is no operator'],
    ['${x:#y}', '":#" is no operator'],
    ['${x:%y}', '":%" is no operator'],
    ['${x^y}', '"^" is no operator'],
    ['${x y}', '" " is no operator'],
    ['${x.}', '"." is no operator'],
    ['${#x}', '"x" is no operator'],
    ['${x/y}', '"/" is missing'],
    ['${x/y/z', '"}" is missing'],
    ['${x#\\a}', 'in the pattern "\\a", "\\a" escapes nothing'],
    ['${x#"\\"a"}', 'in the pattern "\\"a", "\\"" escapes nothing'],
    ["it's", "a ' is not closed"],
    ['say "x', 'a " is not closed'],
    ['${x:-"y}', 'a " is not closed'],
    ['${set:-${}}', 'the name of a variable is missing after "${"'],
  ])('%s', (text, reason) => {
    expect(outcome(text)).toBe(`EXPANSION_INVALID: \`${text}\` cannot be expanded: ${reason}.`);
  });

  test('point where the caller says, and suggest a name', () => {
    const at = { source: sourceOf('FROM ${SETT:?x}'), start: 5, end: 15 };
    const run = (): unknown => expandWord('${sett:?x}', full, '\\', at);
    expect(run).toThrow(expect.objectContaining({ where: { at }, hint: 'Did you mean "set"?' }));
  });

  test('of a branch that is not taken do not count, unless it is malformed', () => {
    expect(outcome('${set:-${unset:?no}}')).toBe('value');
    expect(outcome('${unset:+${unset:?no}}')).toBe('');
  });
});

describe('what was read', () => {
  test.each([
    ['x', [], []],
    ['$set $unset ${unset} $set', ['set', 'unset'], ['unset']],
    ['${unset:-x} ${other+y} ${empty?z}', ['unset', 'other', 'empty'], []],
    ['${unset#x}${other/x/y}', ['unset', 'other'], ['unset', 'other']],
    ['${set:-$never} ${unset:-$then}', ['set', 'unset', 'then'], ['then']],
    ['$1 $@ $$', [], []],
    ["'$set'", [], []],
  ])('%s', (text, read, unset) => {
    expect(expandWord(text, full, '\\')).toMatchObject({ read, unset });
  });
});

describe('words', () => {
  const list = scopeOf({ list: 'a  b', none: '', tab: 'x\ty' });
  test.each([
    ['', []],
    ['  ', []],
    ['a b', ['a', 'b']],
    ['"a b" c', ['a b', 'c']],
    ['a\\ b c', ['a b', 'c']],
    ['$list c', ['a', 'b', 'c']],
    ['x$list', ['xa', 'b']],
    ['"$list" c', ['a  b', 'c']],
    ['$none c', ['c']],
    ['"" c', ['c']],
    ['$tab', ['x', 'y']],
    ['\'a\'b" c"', ['ab c']],
    ['${no:-a b}', ['a', 'b']],
  ])('%s', (text, words) => {
    expect(expandWords(text, list, '\\').words).toEqual(words);
  });
});

describe('heredoc bodies', () => {
  test.each([
    ['Hello ${set}!\n', 'Hello value!\n'],
    ['"$set" \'$set\'\n', '"value" \'value\'\n'],
    ["it's\n", "it's\n"],
    ['\\\n', '\n'],
    ['\\\\\n', '\\\n'],
    ['\\$set\n', '$set\n'],
    ['a\\nb', 'anb'],
    ['`$set`', '`value`'],
    ['${no:-"x"}', '"x"'],
    ['$', '$'],
  ])('%j', (text, result) => {
    expect(expandHeredoc(text, full).text).toBe(result);
  });
});
