import { positionAt, type Span } from './source-text.ts';

const context = 1;
/** Spans of more lines than this show their head and tail. */
const longest = 12;
/** Of a longer line a part is shown: minified text stands in Dockerfiles, and would hide what the frame is for. */
const widest = 160;

/** The lines of a span with one line around them; marked lines begin with `❯`. No trailing line break. */
export function codeFrame(span: Span): string {
  const lines = span.source.text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  const { line: first, column } = positionAt(span.source, span.start);
  const last = positionAt(span.source, Math.max(span.start, span.end - 1)).line;
  const from = Math.max(1, first - context);
  const to = Math.min(lines.length, last + context);
  const width = String(to).length;
  const rows: string[] = [];
  for (let line = from; line <= to; line++) {
    if (last - first > longest && line === first + longest / 2) {
      const skipped = last - first - longest + 1;
      rows.push(`  ${' '.repeat(width)} ⋮ ${skipped} more lines`);
      line += skipped - 1;
      continue;
    }
    const marked = line >= first && line <= last;
    rows.push(
      `${marked ? '❯' : ' '} ${String(line).padStart(width)} │ ${clipped(lines[line - 1] ?? '', line === first ? column : 1)}`.trimEnd(),
    );
  }
  return rows.join('\n');
}

function clipped(line: string, column: number): string {
  if (line.length <= widest) return line;
  const from = column > widest / 2 ? Math.min(column - widest / 2, line.length - widest) : 0;
  const to = from + widest;
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
}
