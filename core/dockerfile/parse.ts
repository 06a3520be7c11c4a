import { BuildError, BuildErrors, problem } from '../base/errors.ts';
import type { SourceText } from '../base/source-text.ts';
import type { CheckOptions } from './check-options.ts';
import { checkDockerfile } from './checks.ts';
import { readDirectives } from './directives.ts';
import { findMarkers, readBodies } from './heredoc.ts';
import { lineReader, nextLogicalLine, type Above, type LineReader } from './lines.ts';
import { readInstruction } from './read-instruction.ts';
import { readFrom } from './read-from.ts';
import { refuseTrigger } from './read-onbuild.ts';
import { cutStatement, nodeOf, wholeStatement, type Reading, type Statement } from './statement.ts';
import { textOf, type LogicalLine } from './stretch.ts';
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from './syntax.ts';

/**
 * Reads a Dockerfile. Throws a problem for the one mistake, or `BuildErrors` with all it finds.
 * `check` takes the place of the file's own `# check=` where it is given.
 */
export function parseDockerfile(source: SourceText, check?: CheckOptions): Dockerfile {
  const errors: BuildError[] = [];
  const outline = { globalArgs: [] as ArgInstruction[], stages: [] as OpenStage[] };
  const lines: LogicalLine[] = [];
  const reader = lineReader(source);
  const { directives, first } = collecting(errors, () => readDirectives(reader, (error) => errors.push(error))) ?? {
    directives: { escape: '\\' as const },
    first: undefined,
  };
  const above: Above = { comments: [] };
  let state: PlaceState = { stageBegun: false, unknownBefore: false };
  for (let next = first; !state.lost; next = undefined) {
    const line = collecting(errors, () => nextLogicalLine(reader, directives.escape, above, next));
    if (!line) break;
    lines.push(line);
    state = place(line, reader, directives.escape, outline, state, errors);
  }
  if (errors.length === 0 && lines.length === 0)
    errors.push(problem('DOCKERFILE_EMPTY', { name: source.name }, { at: { source, start: 0, end: 0 } }));
  else if (errors.length === 0 && outline.stages.length === 0)
    errors.push(problem('DOCKERFILE_WITHOUT_STAGE', { name: source.name }, { at: outline.globalArgs.at(-1)!.span }));
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new BuildErrors(errors, `${source.name} has ${errors.length} mistakes`);
  const parsed: Dockerfile = { source, directives, ...outline, warnings: [] };
  return { ...parsed, warnings: checkDockerfile(parsed, lines, check ?? directives.check) };
}

interface OpenStage extends Stage {
  readonly instructions: Instruction[];
}

interface PlaceState {
  readonly stageBegun: boolean;
  /** Is there no telling what the lines that follow are? */
  readonly lost?: boolean;
  /** Was the line before no instruction either? Then one complaint stands for all that follow it. */
  readonly unknownBefore: boolean;
}

/** Runs, and puts a problem thrown aside; other errors pass. */
function collecting<T>(errors: BuildError[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!BuildError.is(error)) throw error;
    errors.push(error);
    return undefined;
  }
}

function place(
  line: LogicalLine,
  reader: LineReader,
  escape: string,
  outline: { readonly globalArgs: ArgInstruction[]; readonly stages: OpenStage[] },
  state: PlaceState,
  errors: BuildError[],
): PlaceState {
  let begins = state.stageBegun;
  try {
    const statement = wholeStatement(line, escape);
    begins ||= statement.kind === 'FROM';
    const reading = withHeredocs(statement, reader);
    if (statement.kind === 'FROM') outline.stages.push(openStage(readFrom(reading), outline.stages.length));
    else {
      const instruction = readInstruction(reading);
      if (begins) outline.stages.at(-1)?.instructions.push(instruction);
      else if (instruction.kind === 'arg') outline.globalArgs.push(instruction);
      else throw problem('INSTRUCTION_BEFORE_FROM', { keyword: statement.kind }, { at: instruction.span });
    }
  } catch (error) {
    if (!BuildError.is(error)) throw error;
    const unknown = error.code === 'INSTRUCTION_UNKNOWN';
    if (!unknown || !state.unknownBefore) errors.push(error);
    return { stageBegun: begins, unknownBefore: unknown, lost: error.code === 'DOCKERFILE_LINE_TOO_LONG' };
  }
  return { stageBegun: begins, unknownBefore: false };
}

const openStage = (from: FromInstruction, index: number): OpenStage => ({
  from,
  ...(from.name && { name: from.name.text.toLowerCase() }),
  index,
  instructions: [],
});

const withBodies = new Set(['RUN', 'COPY', 'ADD']);

/** Takes the heredoc bodies of RUN, COPY, ADD and ONBUILD of these from the lines that follow. */
function withHeredocs(statement: Statement, reader: LineReader): Reading {
  const { end: last } = statement.stretch.line;
  const inner = statement.kind === 'ONBUILD' && textOf(statement.args) !== '' ? innerOf(statement) : statement;
  // In JSON form every `<<` stands in quotes, and so is none.
  const may = withBodies.has(inner.kind);
  const { heredocs, end } = may ? readBodies(reader, findMarkers(inner.args), last) : { heredocs: [], end: last };
  return { ...statement, node: nodeOf(statement, heredocs, end), heredocs };
}

const innerOf = (statement: Statement): Statement => cutStatement(statement.args, statement.escape);

/**
 * Reads an ONBUILD trigger as an image config holds it, heredoc bodies in it.
 * Spans point into a source text of its own that bears `name`, say `ONBUILD of golang:1.22`.
 */
export function parseTrigger(text: string, name: string): Instruction {
  const source: SourceText = { name, text };
  const reader = lineReader(source);
  const above: Above = { comments: [] };
  const line = nextLogicalLine(reader, '\\', above);
  if (!line) throw problem('DOCKERFILE_EMPTY', { name }, { at: { source, start: 0, end: 0 } });
  const statement = wholeStatement(line, '\\');
  refuseTrigger(statement.kind, statement.keyword);
  const instruction = readInstruction(withHeredocs(statement, reader));
  const more = nextLogicalLine(reader, '\\', above);
  if (more) throw problem('TRIGGER_NOT_SINGLE', { text }, { at: { source, start: 0, end: text.length } });
  return instruction;
}
