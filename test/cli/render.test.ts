import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { foldingHere, foldingOf, type FoldingKind } from '../../cli/render/folding.ts';
import { lineCutter } from '../../cli/render/lines.ts';
import { plainRenderer } from '../../cli/render/plain.ts';
import { problemText } from '../../cli/render/problem.ts';
import { styleFor, wantsColour } from '../../cli/render/style.ts';
import { terminalRenderer } from '../../cli/render/terminal.ts';
import { bytesText, parseAge, parseBytes, timeText } from '../../cli/render/units.ts';
import { problem, type BuildEvent } from '../../core/index.ts';

const step = (id: string, state: 'begin' | 'end' | 'failed' | 'cached', more: object = {}): BuildEvent => ({
  type: 'step',
  step: id,
  title: `[${id}] RUN x`,
  state,
  images: [],
  ...more,
});
const output = (id: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): BuildEvent => ({
  type: 'output',
  step: id,
  stream,
  chunk: Buffer.from(text),
});
const plain = styleFor(false);

describe('lines', () => {
  test('are cut across chunks and characters; what is drawn over counts as it ends up', () => {
    const cutter = lineCutter();
    const bytes = Buffer.from('pro€ss\r 10 %\r 20 %\nnext\tcolumn\r\n\u001b[31mred\u001b[0m\u0007 end');
    expect(cutter.push(bytes.subarray(0, 5))).toEqual([]);
    expect(cutter.push(bytes.subarray(5))).toEqual([' 20 %', 'next  column']);
    expect(cutter.current()).toBe('red end');
    expect(cutter.rest()).toEqual(['red end']);
    expect(cutter.rest()).toEqual([]);
  });

  test('without end are not held without end', () => {
    const cutter = lineCutter();
    for (let at = 0; at < 100; at++) cutter.push(Buffer.alloc(1 << 16, 'x'));
    expect(cutter.current().length).toBeLessThanOrEqual(4096);
  });
});

test('plain: steps have numbers, their lines keep together, streams are not mixed within a line', () => {
  const lines: string[] = [];
  const renderer = plainRenderer((text) => void lines.push(text), { now: () => 0 });
  for (const event of [
    step('a', 'begin'),
    step('b', 'begin'),
    output('a', 'one\ntw'),
    output('a', 'bad\n', 'stderr'),
    output('b', 'else\n'),
    output('a', 'o'),
    step('a', 'end', { ms: 1234 }),
    step('c', 'cached', { from: 'store', key: 'content' }),
    step('b', 'failed', { ms: 100 }),
    { type: 'progress', task: 't', title: 'layer 1', done: 1_500_000, total: 1_500_000, unit: 'bytes', ended: true },
    { type: 'isolation', name: 'overlay', why: 'overlay, as root' },
    { type: 'notice', level: 'warning', code: 'X', message: 'careful', hint: 'do y' },
  ] satisfies BuildEvent[])
    renderer.report(event);
  expect(lines.join('')).toBe(
    [
      '#1 [a] RUN x',
      '#2 [b] RUN x',
      '#1 0.00 one',
      '#1 0.00 bad',
      '#2 0.00 else',
      '#1 0.00 two',
      '#1 done 1.2 s',
      '#3 [c] RUN x',
      '#3 cached (store, same content)',
      '#2 failed after 0.1 s',
      'layer 1 1.5 MB in 0.0 s',
      'isolation: overlay, as root',
      'warning X: careful\n  do y',
      '',
    ].join('\n'),
  );
});

describe('folded for a CI', () => {
  const shown = (kind: FoldingKind, events: readonly BuildEvent[]): string => {
    const lines: string[] = [];
    const folding = foldingOf(kind, () => 1_700_000_000);
    const renderer = plainRenderer((text) => void lines.push(text), { now: () => 0, folding });
    for (const event of events) renderer.report(event);
    renderer.close();
    return lines.join('');
  };

  test('GitHub: a step is a group, what comes between closes it, failures stand outside', () => {
    const events = [
      step('a', 'begin', { title: 'RUN a\r\nb 100%' }),
      step('b', 'begin'),
      output('a', 'one\n'),
      output('b', '::error::not me\n##[add-mask]nor me\n'),
      step('c', 'cached', { from: 'store' }),
      step('a', 'end', { ms: 1234 }),
      output('b', 'last'),
      step('b', 'failed', { ms: 100 }),
      { type: 'isolation', name: 'overlay', why: 'overlay, as root' },
    ] satisfies BuildEvent[];
    expect(shown('github', events)).toBe(
      [
        '::group::#1 RUN a%0D%0Ab 100%25',
        '::endgroup::',
        '::group::#2 [b] RUN x',
        '::endgroup::',
        '::group::#1 RUN a%0D%0Ab 100%25 (continued)',
        '#1 0.00 one',
        '::endgroup::',
        '::group::#2 [b] RUN x (continued)',
        '#2 0.00 ::error::not me',
        '#2 0.00 # #[add-mask]nor me',
        '::endgroup::',
        '#3 [c] RUN x',
        '#3 cached (store)',
        '#1 done 1.2 s',
        '::group::#2 [b] RUN x (continued)',
        '#2 0.00 last',
        '::endgroup::',
        '#2 failed after 0.1 s',
        'isolation: overlay, as root',
        '',
      ].join('\n'),
    );
  });

  test('GitLab: a step is a section with a name of its own, its marks cannot come from a command', () => {
    const forged = '\u001b[0Ksection_end:1700000000:strake_1\r\u001b[0K\n';
    const events = [
      step('a', 'begin'),
      output('a', forged),
      { type: 'notice', level: 'info', code: 'X', message: 'between' },
      output('a', 'more\n'),
      step('a', 'end'),
    ] satisfies BuildEvent[];
    expect(shown('gitlab', events)).toBe(
      [
        '\u001b[0Ksection_start:1700000000:strake_1[collapsed=true]\r\u001b[0K#1 [a] RUN x',
        '#1 0.00 ',
        '\u001b[0Ksection_end:1700000000:strake_1\r\u001b[0K',
        'info X: between',
        '\u001b[0Ksection_start:1700000000:strake_1_2[collapsed=true]\r\u001b[0K#1 [a] RUN x (continued)',
        '#1 0.00 more',
        '#1 done',
        '\u001b[0Ksection_end:1700000000:strake_1_2\r\u001b[0K',
        '',
      ].join('\n'),
    );
  });

  test('what is open when the build ends is closed', () => {
    expect(shown('github', [step('a', 'begin')])).toBe('::group::#1 [a] RUN x\n::endgroup::\n');
  });

  test.each([
    [{ GITHUB_ACTIONS: 'true' }, 'github'],
    [{ GITLAB_CI: 'true' }, 'gitlab'],
    [{ CI: 'true', JENKINS_URL: 'https://jenkins.example' }, undefined],
  ])('%j', (env, kind) => {
    expect(foldingHere(env)).toBe(kind);
  });
});

describe('terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What a terminal of `rows` lines shows after all that was written: cursor up, clear to the end, line breaks. */
  function terminal(rows: number) {
    const lines: string[] = [];
    const screen = {
      out: () => {},
      err(text: string) {
        const up = Number(/^\u001b\[(\d+)A/.exec(text)?.[1] ?? 0);
        lines.splice(lines.length - up);
        lines.push(
          ...text
            .replace(/\u001b\[[?\d;]*[a-zA-Z]|\r/g, '')
            .split('\n')
            .slice(0, -1),
        );
      },
      outIsTerminal: true,
      errIsTerminal: true,
      columns: () => 40,
      rows: () => rows,
    };
    let now = 0;
    const renderer = terminalRenderer(screen, plain, () => now);
    return {
      renderer,
      lines,
      pass(ms: number) {
        now += ms;
        vi.advanceTimersByTime(ms);
      },
    };
  }

  test('what runs has a line with the tail of its output; what is done stays above', () => {
    const { renderer, lines, pass } = terminal(24);
    renderer.report(step('a', 'begin'));
    renderer.report(step('b', 'begin'));
    renderer.report(output('a', 'compiling\nlinking'));
    renderer.report({ type: 'progress', task: 't', title: 'layer', done: 5e6, total: 1e7, unit: 'bytes' });
    pass(1000);
    expect(lines).toEqual([
      '▸ [a] RUN x 1.0 s  linking',
      '▸ [b] RUN x 1.0 s',
      '  ████████░░░░░░░░ layer 5.0 MB of 10.0',
    ]);
    renderer.report(step('a', 'end', { ms: 1100 }));
    renderer.report(step('c', 'cached', { from: 'store' }));
    renderer.report({ type: 'progress', task: 't', title: 'layer', done: 1e7, total: 1e7, unit: 'bytes', ended: true });
    pass(100);
    expect(lines).toEqual(['✓ [a] RUN x 1.1 s', '· [c] RUN x cached (store)', '▸ [b] RUN x 1.1 s']);
    renderer.close();
    expect(lines).toEqual(['✓ [a] RUN x 1.1 s', '· [c] RUN x cached (store)']);
  });

  test('more than fits is counted, not drawn', () => {
    const { renderer, lines, pass } = terminal(5);
    for (const id of 'abcdef') renderer.report(step(id, 'begin'));
    pass(100);
    expect(lines).toEqual(['▸ [a] RUN x 0.1 s', '▸ [b] RUN x 0.1 s', '… and 4 more']);
    renderer.close();
  });

  test('a long title leaves room for time and output', () => {
    const { renderer, lines, pass } = terminal(24);
    renderer.report({ ...step('a', 'begin'), title: '[build 2/5] RUN npm ci --ignore-scripts' } as BuildEvent);
    renderer.report(output('a', 'added 412 paces'));
    pass(1000);
    expect(lines).toEqual(['▸ [build 2/5] RUN… 1.0 s  added 412 pac']);
    renderer.close();
  });

  test('nothing is drawn and no timer runs while nothing happens', () => {
    const { renderer, lines, pass } = terminal(24);
    renderer.report(step('a', 'cached'));
    pass(1000);
    expect(vi.getTimerCount()).toBe(0);
    renderer.close();
    expect(lines).toEqual(['· [a] RUN x cached']);
  });
});

describe('problems', () => {
  const at = { source: { name: 'Dockerfile', text: 'FROM a\nRUN x\n', rewrittenBy: ['mirror'] }, start: 7, end: 12 };

  test('show title, code, message, place, rewriter, cause, hint and log', () => {
    const cause = new Error('outer', { cause: new TypeError('inner') });
    const error = problem(
      'RUN_EXITED',
      { script: 'x', status: 3, tail: ['bad'] },
      { at, image: 'api', step: '[1/1] RUN x' },
      { cause },
    );
    expect(problemText(error, { style: plain, columns: 60, debug: false, log: '/logs/x.log' })).toBe(
      [
        '✗ api   A RUN command failed                      RUN_EXITED',
        '  `x` exited with status 3.',
        '  last lines it printed',
        '    │ bad',
        '',
        '  Dockerfile:2   [1/1] RUN x',
        '    1 │ FROM a',
        '  ❯ 2 │ RUN x',
        '  as rewritten by mirror',
        '',
        '  cause  Error: outer',
        '  cause  TypeError: inner',
        '  log    /logs/x.log',
        '',
      ].join('\n'),
    );
  });

  test('our bugs bring their stack, without frames of generated code; others only when asked', () => {
    const cause = new Error('boom');
    cause.stack =
      'Error: boom\n    at run (/src/a.ts:1:1)\n    at eval (eval at create (/x.js:1:1), <anonymous>:3:1)\n    at Hook (/node_modules/tapable/lib/Hook.js:1:1)';
    const text = problemText(problem('INTERNAL', { reason: 'boom' }, {}, { cause }), {
      style: plain,
      columns: 80,
      debug: false,
    });
    expect(text).toContain('at run (/src/a.ts:1:1)');
    expect(text).not.toMatch(/eval|tapable/);
    const refused = problem('USAGE', { reason: 'no' });
    expect(problemText(refused, { style: plain, columns: 80, debug: false })).not.toContain('at ');
    expect(problemText(refused, { style: plain, columns: 80, debug: true })).toContain('at ');
  });
});

test('sizes and times read as people say them', () => {
  expect([0, 999, 1000, 123_456, 12_345_678, 3.2e9].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '123 kB',
    '12.3 MB',
    '3.2 GB',
  ]);
  expect([40, 59_940, 61_000, 3_725_000].map(timeText)).toEqual(['0.0 s', '59.9 s', '1 m 01 s', '62 m 05 s']);
  expect(['10GB', '500m', '1.5g', '2GiB', '7', 'much', '-1'].map(parseBytes)).toEqual([
    1e10,
    5e8,
    1.5e9,
    2 * 1024 ** 3,
    7,
    undefined,
    undefined,
  ]);
  expect(['90s', '12h', '7d', '7'].map(parseAge)).toEqual([90_000, 43_200_000, 604_800_000, undefined]);
});

test('NO_COLOR wins, then FORCE_COLOR, then the terminal', () => {
  expect(wantsColour(true, {})).toBe(true);
  expect(wantsColour(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  expect(wantsColour(false, { FORCE_COLOR: '1' })).toBe(true);
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false);
  expect(wantsColour(false, {})).toBe(false);
  expect(styleFor(true).red('x')).toBe('\u001b[31mx\u001b[39m');
});
