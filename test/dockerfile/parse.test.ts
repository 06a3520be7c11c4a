import { describe, expect, test } from 'vitest';
import { BuildErrors } from '../../core/base/errors.ts';
import {
  detectSyntax,
  parseCheckOptions,
  parseDockerfile,
  parseTrigger,
  shellScript,
  type RunInstruction,
} from '../../core/dockerfile/index.ts';
import { placeText, reduce, sourceOf } from './reduce.ts';

const parse = (text: string) => parseDockerfile(sourceOf(text));

describe('long lines', () => {
  const line = (bytes: number): string => `RUN ${'x'.repeat(bytes - 4)}`;

  test('65,535 bytes are fine, one more is not', () => {
    expect(parse(`FROM scratch\n${line(65_535)}\n`).stages[0]!.instructions).toHaveLength(1);
    expect(() => parse(`FROM scratch\n${line(65_536)}\n`)).toThrow(
      expect.objectContaining({
        code: 'DOCKERFILE_LINE_TOO_LONG',
        message: 'The line has 65536 bytes; at most 65535 are allowed.',
      }) as Error,
    );
  });

  test('bytes count, not characters, and each line for itself', () => {
    expect(() => parse(`FROM scratch\nRUN ${'é'.repeat(32_767)}\n`)).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_LINE_TOO_LONG' }) as Error,
    );
    expect(() => parse(`FROM scratch\nRUN ${'한'.repeat(21_844)}\n`)).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_LINE_TOO_LONG' }) as Error,
    );
    const joined = parse(`FROM scratch\n${line(60_000)} \\\n${'y'.repeat(60_000)}\n`);
    expect(joined.stages[0]!.instructions[0]!.title).toHaveLength(120_001);
  });

  test('heredoc bodies and comments are lines like any other', () => {
    for (const text of [`RUN <<E\n${'x'.repeat(65_536)}\nE\n`, `#${'x'.repeat(65_536)}\n`])
      expect(() => parse(`FROM scratch\n${text}`)).toThrow(
        expect.objectContaining({ code: 'DOCKERFILE_LINE_TOO_LONG' }) as Error,
      );
  });
});

describe('several mistakes', () => {
  test('are thrown together, in the order of the file', () => {
    try {
      parse('# escape=x\n# escape=y\nFROM a b\nUSER\nCOPY x\n');
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof BuildErrors)) throw error;
      expect(error.errors.map(({ code, where }) => [code, placeText(where.at!).split(':')[0]])).toEqual([
        ['DIRECTIVE_REPEATED', '2'],
        ['DIRECTIVE_ESCAPE_INVALID', '1'],
        ['ARGUMENTS_WRONG', '3'],
        ['ARGUMENTS_WRONG', '4'],
        ['ARGUMENTS_WRONG', '5'],
      ]);
    }
  });

  test('a heredoc of a broken instruction is not taken for instructions', () => {
    expect(() => parse('FROM scratch\nCOPY --chwon=a <<EOF /x\nnot an instruction\nEOF\nUSER a\n')).toThrow(
      expect.objectContaining({ code: 'FLAG_UNKNOWN' }) as Error,
    );
  });
});

describe('the script of a RUN', () => {
  const script = (text: string) =>
    shellScript(parse(`FROM scratch\nRUN ${text}`).stages[0]!.instructions[0] as RunInstruction);

  test.each([
    ['make \\\n  all\n', { kind: 'shell', text: 'make   all' }],
    ['["a", "b c"]\n', { kind: 'exec', argv: ['a', 'b c'] }],
    ['<<EOF\na\nb\nEOF\n', { kind: 'shell', text: 'a\nb\n' }],
    ['<<-EOF\n\ta\n\t\tb\n\tEOF\n', { kind: 'shell', text: 'a\nb\n' }],
    ['<< EOF\na\nEOF\n', { kind: 'shell', text: 'a\n' }],
    ['<<"EOF"\n#!/bin/awk -f\nx\nEOF\n', { kind: 'file', name: 'EOF', content: '#!/bin/awk -f\nx\n' }],
    [
      '<<-run.py\n\t#!/usr/bin/python3\n\tx\nrun.py\n',
      { kind: 'file', name: 'run.py', content: '#!/usr/bin/python3\nx\n' },
    ],
    ['--network=none <<EOF\na\nEOF\n', { kind: 'shell', text: 'a\n' }],
    ['python3 <<EOF\n#!x\nEOF\n', { kind: 'shell', text: 'python3 <<EOF\n#!x\nEOF' }],
    ['cat <<A <<-"B" > x\n1\nA\n\t2\n\tB\n', { kind: 'shell', text: 'cat <<A <<-"B" > x\n1\nA\n2\nB' }],
    ['<<EOF sh\na\nEOF\n', { kind: 'shell', text: '<<EOF sh\na\nEOF' }],
    ['<<A <<B\n1\nA\n2\nB\n', { kind: 'shell', text: '<<A <<B\n1\nA\n2\nB' }],
    ['\n', { kind: 'shell', text: '' }],
  ])('%j', (text, expected) => {
    expect(script(text)).toEqual(expected);
  });
});

describe('triggers of a base image', () => {
  test.each([
    'RUN make',
    'COPY --chown=1 ["a b", "/x"]',
    'ADD . /src',
    'RUN <<EOF\necho a\nEOF',
    'COPY <<-a <<b /x/\n\t1\na\n2\nb',
    'ENV a=b c="d e"',
  ])('%j comes back from its text', (text) => {
    const direct = parse(`FROM scratch\n${text}\n`).stages[0]!.instructions[0]!;
    const stored = parse(`FROM scratch\nONBUILD ${text}\n`).stages[0]!.instructions[0]!;
    if (stored.kind !== 'onbuild') return expect.unreachable();
    expect(stored.triggerText).toBe(text);
    const withoutPlaces = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(reduce(value)).replaceAll(/\d+:\d+/g, ''));
    expect(withoutPlaces(parseTrigger(stored.triggerText, 'base'))).toEqual(withoutPlaces(direct));
    return undefined;
  });

  test('spans point into a text of its own', () => {
    const { span } = parseTrigger('RUN make', 'ONBUILD of golang:1.22');
    expect([span.source.name, span.source.text, placeText(span)]).toEqual([
      'ONBUILD of golang:1.22',
      'RUN make',
      '1:1-1:9',
    ]);
  });

  test.each([
    ['RUNN x', 'INSTRUCTION_UNKNOWN'],
    ['FROM x', 'ONBUILD_FORBIDDEN'],
    ['ONBUILD RUN x', 'ONBUILD_FORBIDDEN'],
    ['RUN x\nRUN y', 'TRIGGER_NOT_SINGLE'],
    ['', 'DOCKERFILE_EMPTY'],
    ['RUN <<EOF\nx', 'HEREDOC_UNTERMINATED'],
  ])('%j is refused', (text, code) => {
    expect(() => parseTrigger(text, 'base')).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('the frontend a text asks for', () => {
  test.each([
    ['# syntax=a\nFROM x', 'a', '1:1-1:11'],
    ['\ufeff#syntax = a b\n', 'a', '1:2-1:15'],
    ['#!/usr/bin/env x\n# syntax=a\n', 'a', '2:1-2:11'],
    ['# escape=`\n# check=skip=all\n# SYNTAX=a\n', 'a', '3:1-3:11'],
    ['// syntax=a\nfoo', 'a', '1:1-1:12'],
    ['#!x\n// syntax=a\r\n', 'a', '2:1-2:12'],
    ['{"x": 1, "syntax": "a"}', 'a', '1:1-1:24'],
    ['#!x\n{\n "syntax": "a"\n}', 'a', '2:1-2:2'],
  ])('%j', (text, value, place) => {
    const found = detectSyntax(sourceOf(text));
    expect([found?.value, found && placeText(found.span)]).toEqual([value, place]);
  });

  test.each(['FROM x', '# a comment\n# syntax=a', '\n# syntax=a', '{"syntax": 1}', '{"syntax": "a"', '["syntax"]', ''])(
    '%j asks for none',
    (text) => {
      expect(detectSyntax(sourceOf(text))).toBeUndefined();
    },
  );
});

describe('check options', () => {
  test.each([
    ['', { skip: [], error: false, experimental: [] }],
    ['skip=A', { skip: ['A'], error: false, experimental: [] }],
    ['skip = A , B ; error = TRUE', { skip: ['A', 'B'], error: true, experimental: [] }],
    ['skip=all;experimental=A', { skip: 'all', error: false, experimental: ['A'] }],
    ['experimental=all;error=0', { skip: [], error: false, experimental: 'all' }],
    ['skip', '"skip" has no value'],
    ['skip=A;', '"" has no value'],
    ['warn=A', '"warn" is none of skip, error and experimental'],
    ['error=yes', 'error is true or false, not "yes"'],
  ])('%j', (text, expected) => {
    expect(parseCheckOptions(text)).toEqual(expected);
  });

  test('given from outside, take the place of the file’s own', () => {
    const source = sourceOf('# check=skip=all\nFROM scratch\nCMD a\nMAINTAINER b\n');
    const rules = (check?: string) => {
      const options = check === undefined ? undefined : parseCheckOptions(check);
      if (typeof options === 'string') return expect.unreachable();
      return parseDockerfile(source, options).warnings.map(({ rule }) => rule);
    };
    expect(rules()).toEqual([]);
    expect(rules('skip=MaintainerDeprecated')).toEqual(['JSONArgsRecommended']);
  });
});

test('every span of every node lies in its instruction, and words show where they stand', () => {
  const text = 'FROM a AS b\nENV x=1 \\\n  y="2 3"\nCOPY --chown=u \\\n a b/ \\\n  /c\nEXPOSE 1 2\n';
  const file = parse(text);
  const visit = (value: unknown, start: number, end: number): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as { readonly span?: { readonly start: number; readonly end: number }; readonly text?: string };
    if (node.span) {
      expect(node.span.start).toBeGreaterThanOrEqual(start);
      expect(node.span.end).toBeLessThanOrEqual(end);
      if (node.text !== undefined) expect(text.slice(node.span.start, node.span.end)).toBe(node.text);
    }
    for (const [name, member] of Object.entries(value))
      if (name !== 'source' && name !== 'span') visit(member, node.span?.start ?? start, node.span?.end ?? end);
  };
  for (const { from, instructions } of file.stages) for (const it of [from, ...instructions]) visit(it, 0, text.length);
});

test('2,000 lines take less than 20 ms', () => {
  const block = [
    '# a comment about the step',
    'RUN --mount=type=cache,target=/root/.cache apt-get update && \\',
    '    apt-get install -y --no-install-recommends curl "$PKG" && \\',
    '    rm -rf /var/lib/apt/lists/*',
    'ENV PATH=/usr/local/bin:$PATH LANG="C.UTF-8" EMPTY=',
    'COPY --from=build --chown=1000:1000 /src/app /src/lib/ /app/',
    'RUN <<EOF',
    'set -e',
    'echo "hello"',
    'EOF',
  ];
  const text = `FROM alpine AS build\nFROM scratch\n${Array.from({ length: 200 }, () => block.join('\n')).join('\n')}\n`;
  for (let warm = 0; warm < 5; warm++) parse(text);
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    parse(text);
    return performance.now() - started;
  });
  expect(Math.min(...times)).toBeLessThan(20);
});
