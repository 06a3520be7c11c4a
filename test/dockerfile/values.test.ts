import { describe, expect, test } from 'vitest';
import {
  parseChmod,
  parseDuration,
  parseExpose,
  parseOwner,
  parseSignal,
  parseSize,
} from '../../core/dockerfile/index.ts';

const octal = (mode: number): string => `0${mode.toString(8)}`;
const failing = (code: string, reason: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(reason) as unknown });

describe('chmod', () => {
  /** Mode before, change, mode after; a directory where marked. */
  test.each([
    [0o000, '755', 0o755],
    [0o777, '0', 0o000],
    [0o777, '0644', 0o644],
    [0o000, '07421', 0o7421],
    [0o000, '7777', 0o7777],
    [0o100644, '755', 0o100755],
    [0o666, 'go-w', 0o644],
    [0o777, 'go-w', 0o755],
    [0o666, 'u=rw,g=r,o=r', 0o644],
    [0o666, 'a+X', 0o666],
    [0o124, 'go-w', 0o104],
    [0o124, 'u+rw,g+r,o-x,o+w', 0o766],
    [0o000, 'u+r', 0o400],
    [0o000, 'u+w', 0o200],
    [0o000, 'u+x', 0o100],
    [0o000, 'u+X', 0o000],
    [0o001, 'u+X', 0o101],
    [0o000, 'u+s', 0o4000],
    [0o000, 'g+s', 0o2000],
    [0o000, 'o+s', 0o000],
    [0o421, '+t', 0o1421],
    [0o1421, '-t', 0o421],
    [0o421, 'o+t', 0o421],
    [0o777, '=', 0o000],
    [0o777, '+', 0o777],
    [0o777, '-', 0o777],
    [0o000, '+r', 0o444],
    [0o000, '+x', 0o111],
    // Without a class the usual umask of 022 holds.
    [0o000, '+w', 0o200],
    [0o777, '-w', 0o577],
    [0o777, '=rw', 0o644],
    [0o766, '=rw,+X', 0o755],
    [0o666, '=rw,+X', 0o644],
    [0o777, 'u-r', 0o377],
    [0o4777, 'u-s', 0o777],
    [0o6777, '-s', 0o777],
    [0o777, 'u=', 0o077],
    [0o000, 'a=r,ug=rw,u+x', 0o764],
    [0o000, 'o+r,g+w,a+t,g-s,u+og', 0o1624],
    [0o042, 'u=g', 0o442],
    [0o722, 'u=g-w', 0o022],
    [0o762, 'u=g-w', 0o462],
    [0o021, 'u+go', 0o321],
    [0o000, 'u=rwx,go=u-w', 0o755],
    [0o670, 'go=u-w', 0o644],
    [0o777, 'go=', 0o700],
    [0o600, 'u=rwX,go=rX', 0o644],
    [0o700, 'u=rwX,go=rX', 0o755],
    [0o755, 'a-X', 0o644],
    [0o640, 'u+x-w', 0o540],
  ])('%o with %s is %o', (before, change, after) => {
    expect(octal(parseChmod(change)(before, false))).toBe(octal(after));
  });

  test.each([
    [0o000, 'u+X', 0o100],
    [0o000, '+X', 0o111],
    [0o600, 'u=rwX,go=rX', 0o755],
    [0o124, 'a+X', 0o135],
    [0o755, '644', 0o644],
  ])('directory %o with %s is %o', (before, change, after) => {
    expect(octal(parseChmod(change)(before, true))).toBe(octal(after));
  });

  test.each([
    ['10000', 'between 0 and 07777'],
    ['017777', 'between 0 and 07777'],
    ['9', 'between 0 and 07777'],
    ['75x', 'between 0 and 07777'],
    ['', 'a part is empty'],
    [',', 'a part is empty'],
    ['u+r,', 'a part is empty'],
    ['q+r', '"q+r" is not like'],
    ['u', '"u" is not like'],
    ['go', '"go" is not like'],
    ['u+q', '"u+q" is not like'],
    ['u rw', '"u rw" is not like'],
  ])('%j is refused', (text, reason) => {
    expect(() => parseChmod(text)).toThrow(failing('CHMOD_INVALID', reason));
  });
});

describe('expose', () => {
  test.each([
    [['80'], ['80/tcp']],
    [['80/tcp', '80/TCP', '80'], ['80/tcp']],
    [
      ['53/udp', '9/SCTP'],
      ['53/udp', '9/sctp'],
    ],
    [['8000-8002'], ['8000/tcp', '8001/tcp', '8002/tcp']],
    [['7-7/udp'], ['7/udp']],
    [
      ['0', '65535'],
      ['0/tcp', '65535/tcp'],
    ],
    [['80/'], ['80/tcp']],
    [['080'], ['80/tcp']],
    [['8080:80'], ['80/tcp']],
    [['127.0.0.1:8080:80/udp'], ['80/udp']],
    [['127.0.0.1::80'], ['80/tcp']],
    [['[::1]:8080:80'], ['80/tcp']],
    [['::1:8080:80'], ['80/tcp']],
    [['8000-8001:80-81'], ['80/tcp', '81/tcp']],
    [['8000-8009:80'], ['80/tcp']],
    [[], []],
  ])('%j', (words, ports) => {
    expect(parseExpose(words)).toEqual(ports);
  });

  test.each([
    ['', 'there is no port'],
    ['/tcp', 'there is no port'],
    ['80:', 'there is no port'],
    ['x', '"x" is neither'],
    ['80-', '"80-" is neither'],
    ['80-81-82', '"80-81-82" is neither'],
    ['-80', '"-80" is neither'],
    ['65536', 'ports end at 65535'],
    ['1-65536', 'ports end at 65535'],
    ['81-80', 'the range runs backwards'],
    ['80/http', '"http" is none of tcp, udp, sctp'],
    ['80/tcp/udp', '"tcp/udp" is none of'],
    ['x:80', '"x" is neither'],
    ['1.2.3:80:80', '"1.2.3" is no IP address'],
    ['1.2.3.256:80:80', '"1.2.3.256" is no IP address'],
    ['host:80:80', '"host" is no IP address'],
    ['[::g]:80:80', '"::g" is no IP address'],
    ['1-2:80-82', 'differ in length'],
  ])('%j is refused', (word, reason) => {
    expect(() => parseExpose([word])).toThrow(failing('PORT_INVALID', reason));
  });
});

describe('durations', () => {
  const second = 1_000_000_000;
  test.each([
    ['0', 0],
    ['-0', 0],
    ['5s', 5 * second],
    ['30s', 30 * second],
    ['+5s', 5 * second],
    ['-5s', -5 * second],
    ['1478s', 1478 * second],
    ['5.0s', 5 * second],
    ['5.6s', 5.6 * second],
    ['5.s', 5 * second],
    ['.5s', second / 2],
    ['1.004s', 1.004 * second],
    ['100.00100s', 100.001 * second],
    ['10ns', 10],
    ['11us', 11_000],
    ['12\u00b5s', 12_000],
    ['12\u03bcs', 12_000],
    ['13ms', 13_000_000],
    ['14s', 14 * second],
    ['15m', 900 * second],
    ['16h', 57_600 * second],
    ['3h30m', 12_600 * second],
    ['10.5s4m', 250.5 * second],
    ['-2m3.4s', -123.4 * second],
    ['1h2m3s4ms5us6ns', 3_723_004_005_006],
    ['0.3333333333333333333h', 1200 * second],
    ['9007199254740993ns', 9_007_199_254_740_992],
  ])('%s', (text, value) => {
    expect(parseDuration(text)).toBe(value);
  });

  test.each([
    ['', 'there is no number'],
    ['-', 'there is no number'],
    ['3', 'a unit is missing'],
    ['1h5', 'a unit is missing'],
    ['s', 'a number is missing'],
    ['.', 'a number is missing'],
    ['.s', 'a number is missing'],
    ['+.s', 'a number is missing'],
    ['1d', '"d" is no unit'],
    ['1 s', '" s" is no unit'],
    ['5S', '"S" is no unit'],
    ['9223372036854775808ns', 'it is too long'],
    ['3000000h', 'it is too long'],
  ])('%j is refused', (text, reason) => {
    expect(() => parseDuration(text)).toThrow(failing('DURATION_INVALID', reason));
  });
});

describe('signals', () => {
  test.each([
    ['SIGKILL', 9],
    ['KILL', 9],
    ['kill', 9],
    ['sigterm', 15],
    ['9', 9],
    ['64', 64],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRTMAX', 64],
    ['rtmax-14', 50],
    ['SIGPOLL', 29],
    ['CLD', 17],
  ])('%s', (text, number) => {
    expect(parseSignal(text)).toBe(number);
  });

  test.each(['', '0', '65', '-9', '9.5', 'SIG', 'SIGSIGKILL', 'FOO', 'RTMIN-1', 'RTMAX+1', 'RTMIN+31', '1x'])(
    '%j is refused',
    (text) => {
      expect(() => parseSignal(text)).toThrow(failing('SIGNAL_INVALID', text));
    },
  );

  test('a slip brings a suggestion', () => {
    expect(() => parseSignal('SIGTREM')).toThrow(expect.objectContaining({ hint: 'Did you mean SIGTERM?' }));
  });
});

describe('owners', () => {
  test.each([
    ['root', { user: 'root' }],
    ['1000', { user: '1000' }],
    ['a:b', { user: 'a', group: 'b' }],
    ['1000:0', { user: '1000', group: '0' }],
    ['a:', { user: 'a' }],
  ])('%s', (text, owner) => {
    expect(parseOwner(text)).toEqual(owner);
  });

  test.each(['', ':b', 'a:b:c'])('%j is refused', (text) => {
    expect(() => parseOwner(text)).toThrow(failing('OWNER_INVALID', text));
  });
});

test.each([
  ['0', 0],
  ['32', 32],
  ['32b', 32],
  ['1k', 1024],
  ['1K', 1024],
  ['1kb', 1024],
  ['1KiB', 1024],
  ['1.5 MB', 1_572_864],
  ['64m', 67_108_864],
  ['2g', 2_147_483_648],
  ['1t', 1_099_511_627_776],
  ['', undefined],
  ['k', undefined],
  ['-1', undefined],
  ['1x', undefined],
  ['1 k b', undefined],
])('size %j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
